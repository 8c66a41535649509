"""Pages around a campaign: its properties, the history of its versions, and help about activity types."""

import inspect
import json
import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from campaigns import publish
from campaigns.activities.base import ActivityType, registry
from campaigns.choices import Category
from campaigns.models import Campaign
from campaigns.views import drawing
from campaigns.views.status import LEVELS


class CampaignForm(forms.ModelForm):
    """What is not on the canvas."""

    class Meta:
        model = Campaign
        fields = ["name", "description", "archived"]
        widgets = {
            "name": forms.TextInput(attrs={"class": "t-input"}),
            "description": forms.Textarea(attrs={"rows": 3, "class": "t-input"}),
        }


class NewCampaignForm(CampaignForm):
    class Meta(CampaignForm.Meta):
        fields = ["name", "description"]


def add(request: HttpRequest) -> HttpResponse:
    """Name and description; then straight to the canvas."""
    drawing.require(request, "campaigns.add_campaign")
    form = NewCampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign = publish.create_campaign(form.cleaned_data["name"], drawing.person(request), description=form.cleaned_data["description"])
        return redirect("campaign-canvas", campaign.pk)
    return page(request, "campaigns/campaign_form.html", _("New campaign"), {"form": form, "button": _("Create and draw")})


def properties(request: HttpRequest, campaign_id: int) -> HttpResponse:
    drawing.require(request, "campaigns.change_campaign")
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    form = CampaignForm(request.POST or None, instance=campaign)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The properties were saved."))
        return redirect("campaign-canvas", campaign.pk)
    return page(request, "campaigns/campaign_form.html", campaign.name, {"form": form, "campaign": campaign, "button": _("Save")})


def versions(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Every version, who drew it, who decided what, and why."""
    drawing.require(request, "campaigns.view_campaign")
    campaign = get_object_or_404(Campaign.objects.select_related("owner"), pk=campaign_id)
    found = (
        campaign.versions.select_related("submitted_by", "approved_by")
        .prefetch_related("contributors", "approvals__by")
        .order_by("-number")
    )
    rows = [{"version": v, "level": LEVELS.get(v.status, ""), "report": drawing.address("approval", v.pk)} for v in found]
    return page(request, "campaigns/versions.html", campaign.name, {"campaign": campaign, "rows": rows})


# --- help -------------------------------------------------------------------------------------------------------------


def activity_help(request: HttpRequest, kind: str) -> HttpResponse:
    """The docstring of a type as a page, with its ports, its settings and an example."""
    drawing.require(request, "campaigns.view_campaign")
    found = registry().get(kind)
    if found is None:
        raise Http404
    inputs, outputs = found.ports(found.example)
    fields = [{"label": f.label or name, "help": f.help_text, "required": f.required} for name, f in found.Form.base_fields.items()]
    context = {
        "kind": found,
        "category": Category(found.category).label,
        "blocks": blocks(found),
        "inputs": inputs,
        "outputs": outputs,
        "fields": fields,
        "example": json.dumps(found.example, indent=2, ensure_ascii=False),
        "others": [{"key": key, "label": other.label, "icon": other.icon, "here": key == kind} for key, other in registry().items()],
    }
    return page(request, "campaigns/activity_help.html", str(found.label), context)


def blocks(kind: ActivityType) -> list[dict[str, Any]]:
    """The docstring as paragraphs and lists; each line of text is a list of (text, style) pieces, escaped by the template."""
    text = _(inspect.cleandoc(type(kind).__doc__ or ""))
    found: list[dict[str, Any]] = []
    for part in re.split(r"\n\s*\n", text):
        lines = part.splitlines()
        if all(line.startswith(("- ", "* ", "  ")) for line in lines):
            items = re.split(r"^[-*] ", part, flags=re.MULTILINE)
            found.append({"list": [pieces(" ".join(item.split())) for item in items if item.strip()]})
        else:
            found.append({"text": pieces(" ".join(lines))})
    return found


def pieces(text: str) -> list[tuple[str, str]]:
    """Split `code`, **strong** and *emphasis* out of a line."""
    styles = {"`": "code", "**": "strong", "*": "em"}
    found = []
    for piece in re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*)", text):
        mark = next((m for m in styles if len(piece) > 2 * len(m) and piece.startswith(m) and piece.endswith(m)), "")
        found.append((piece[len(mark) : len(piece) - len(mark)] if mark else piece, styles.get(mark, "")))
    return found


def page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), "title": title, **context})
