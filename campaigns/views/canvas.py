"""The canvas and the requests that it makes."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import canvas, edit, publish
from campaigns.activities.base import ActivityForm, registry
from campaigns.choices import LAUNCHABLE, VersionStatus
from campaigns.exceptions import CampaignError, EditConflict, NotAllowed
from campaigns.flow import Flow
from campaigns.models import Version
from campaigns.views import drawing
from campaigns.views.status import LEVELS
from schemas.catalog import Catalog

View = Callable[..., HttpResponse]
WITHDRAWABLE = {VersionStatus.IN_REVIEW, VersionStatus.APPROVED}


def for_canvas(view: View) -> View:
    """A request that the canvas makes about one version: refusals come back as JSON."""

    @wraps(view)
    def wrapped(request: HttpRequest, version_id: int) -> HttpResponse:
        drawing.require(request, "campaigns.view_campaign")
        version = get_object_or_404(Version.objects.select_related("campaign"), pk=version_id)
        try:
            return view(request, version)
        except NotAllowed as error:
            return drawing.refused(error, status=403)
        except CampaignError as error:
            return drawing.refused(error)

    return require_POST(wrapped)


def page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    drawing.require(request, "campaigns.view_campaign")
    version = drawing.version_of(request, campaign_id)
    catalog = Catalog.load()
    graph = canvas.read(version)
    may = abilities(request, version)
    data = {
        "version": version.pk,
        "editable": may["edit"],
        "graph": graph,
        "palette": canvas.palette(),
        **drawing.judge(graph, catalog),
        "urls": addresses(version),
        "can": may,
        "run": shown_run(request),
    }
    context = {
        **admin.site.each_context(request),
        "title": version.campaign.name,
        "version": version,
        "campaign": version.campaign,
        "level": LEVELS.get(version.status, ""),
        "may": may,
        "data": data,
        "urls": data["urls"],
        "comment": latest_comment(version),
    }
    return render(request, "campaigns/canvas.html", context)


def shown_run(request: HttpRequest) -> int | None:
    number = request.GET.get("run", "")
    return int(number) if number.isdigit() else None


def latest_comment(version: Version) -> str:
    """What the approver asked to change."""
    if version.status != VersionStatus.CHANGES_REQUESTED:
        return ""
    approval = version.approvals.first()
    return approval.comment if approval else ""


def abilities(request: HttpRequest, version: Version) -> dict[str, bool]:
    has = request.user.has_perm
    return {
        "edit": drawing.may_edit(request, version),
        "change": has("campaigns.change_campaign"),
        "submit": version.editable and has("campaigns.submit_version"),
        "withdraw": version.status in WITHDRAWABLE and has("campaigns.submit_version"),
        "draft": not version.editable and version.status != VersionStatus.IN_REVIEW and has("campaigns.change_campaign"),
        "approve": version.status == VersionStatus.IN_REVIEW and has("campaigns.approve_version"),
        "test": has("orchestration.test_run"),
        "launch": version.status in LAUNCHABLE and has("orchestration.launch_run"),
        "control": has("orchestration.control_run"),
        "preview": has("orchestration.preview_rows"),
        "report": has("reporting.view_report"),
    }


def addresses(version: Version) -> dict[str, str]:
    """Where the canvas posts to and leads to; pages of higher layers only where they are installed."""
    campaign = version.campaign_id
    return {
        "save": reverse("canvas-save", args=[version.pk]),
        "form": reverse("activity-form", args=[version.pk]),
        "config": reverse("activity-config", args=[version.pk]),
        "submit": reverse("version-submit", args=[version.pk]),
        "draft": reverse("version-draft", args=[version.pk]),
        "withdraw": reverse("version-withdraw", args=[version.pk]),
        "help": reverse("activity-help", args=["__kind__"]),
        "list": f"{reverse('campaign-list-twin', args=[campaign])}?version={version.number}",
        "versions": reverse("campaign-versions", args=[campaign]),
        "properties": reverse("campaign-properties", args=[campaign]),
        "campaigns": reverse("admin:campaigns_campaign_changelist"),
        "test": drawing.address("run-test", version.pk) or drawing.address("run-test"),
        "latest": drawing.address("version-run", version.pk),
        "state": drawing.address("run-state", 0),
        "rows": drawing.address("run-rows"),
        "control": drawing.address("run-control", 0),
        "monitor": drawing.address("run-monitor", 0),
        "approval": drawing.address("approval", version.pk),
        "launch": drawing.address("launch", version.pk),
        "report": drawing.address("campaign-report", campaign),
    }


@for_canvas
def save(request: HttpRequest, version: Version) -> HttpResponse:
    """Store the drawing; answer what the server thinks of it."""
    graph = drawing.body_of(request)
    try:
        revision = canvas.save(version, graph, drawing.person(request), graph.get("revision", -1))
    except EditConflict as error:
        return drawing.refused(EditConflict(*error.problems, others(request, version)))
    catalog = Catalog.load()
    return JsonResponse(
        {
            "revision": revision,
            "saved_at": drawing.clock_time(),
            **drawing.judge(graph, catalog),
        }
    )


def others(request: HttpRequest, version: Version) -> str:
    """Who else works on this version: one of them saved."""
    names = [str(person.get_full_name() or person) for person in version.contributors.exclude(pk=drawing.person(request).pk)]
    return (
        _("Working on this version: %(names)s.") % {"names": ", ".join(names)} if names else _("It was saved from another window of yours.")
    )


# --- the side panel ---------------------------------------------------------------------------------------------------


@for_canvas
def activity_form(request: HttpRequest, version: Version) -> HttpResponse:
    """The form of one box of the drawing as it is on screen, saved or not."""
    data = drawing.body_of(request)
    catalog = Catalog.load()
    graph = drawing.graph_in(data)
    form = unbound(drawing.draft_flow(graph, catalog), edit.find(graph, str(data.get("uid"))), catalog)
    return render(request, "campaigns/activity_form.html", {"form": form})


@for_canvas
def activity_config(request: HttpRequest, version: Version) -> HttpResponse:
    """Clean what was typed; what does not fit yet is kept as typed, and said."""
    uid = request.POST.get("__uid", "")
    try:
        graph = json.loads(request.POST.get("__graph", ""))
        activity = next(a for a in graph["activities"] if a["uid"] == uid)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise CampaignError(_("This activity is not on the canvas any more.")) from error
    catalog = Catalog.load()
    bound, config = read_form(drawing.draft_flow(graph, catalog), activity, request, catalog)
    activity["config"] = config
    flow = drawing.draft_flow(graph, catalog)
    box = flow.boxes.get(uid)
    answer = {"config": config, "errors": dict(bound.errors), "described": drawing.describe_box(box, catalog) if box else {}}
    return JsonResponse(answer, encoder=DjangoJSONEncoder)


def read_form(flow: Flow, activity: dict[str, Any], request: HttpRequest, catalog: Catalog) -> tuple[ActivityForm, dict[str, Any]]:
    box = flow.boxes.get(activity["uid"])
    kind = registry().get(activity["kind"])
    if kind is None:
        raise CampaignError(_("There is no activity of this type any more. Delete the box."))
    form = kind.Form(
        request.POST, request.FILES, catalog=catalog, inputs=box.inputs if box else {}, sources=box.node.sources if box else ()
    )
    form.is_valid()
    return form, {**typed(form), **form.cleaned_data}


def typed(form: ActivityForm) -> dict[str, Any]:
    """What was typed, as JSON where the field is JSON, so that nothing is lost while it is not right yet."""
    found = {}
    for name, field in form.fields.items():
        value = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        if isinstance(field, forms.JSONField) and isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = field.initial
        found[name] = value
    return found


def unbound(flow: Flow, activity: dict[str, Any], catalog: Catalog) -> ActivityForm:
    """The form filled from what is stored, without complaints about what nobody typed yet.

    The flow's own config will not do: there, references are looked up already.
    """
    box = flow.boxes.get(activity["uid"])
    if box is None or box.kind is None:
        raise CampaignError(_("This activity cannot be configured while the arrows lead round in a circle. Remove one of them first."))
    initial = {**{name: f.initial for name, f in box.kind.Form.base_fields.items()}, **(activity.get("config") or {})}
    return box.kind.Form(initial=initial, catalog=catalog, inputs=box.inputs, sources=box.node.sources)


# --- verbs ------------------------------------------------------------------------------------------------------------


@for_canvas
def submit(request: HttpRequest, version: Version) -> HttpResponse:
    publish.submit(version, drawing.person(request))
    return JsonResponse({"next": reverse("campaign-canvas", args=[version.campaign_id])})


@for_canvas
def withdraw(request: HttpRequest, version: Version) -> HttpResponse:
    publish.withdraw(version, drawing.person(request))
    return JsonResponse({"next": reverse("campaign-canvas", args=[version.campaign_id])})


@for_canvas
def new_draft(request: HttpRequest, version: Version) -> HttpResponse:
    publish.new_draft(version.campaign, drawing.person(request))
    return JsonResponse({"next": reverse("campaign-canvas", args=[version.campaign_id])})
