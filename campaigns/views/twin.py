"""The list twin: everything the canvas does, as plain tables and forms."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns import canvas, edit
from campaigns.exceptions import CampaignError
from campaigns.flow import Flow
from campaigns.models import Version
from campaigns.views import drawing
from campaigns.views.canvas import abilities, addresses, read_form, unbound
from campaigns.views.status import LEVELS
from schemas.catalog import Catalog

Graph = drawing.Graph


def page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    drawing.require(request, "campaigns.view_campaign")
    version = drawing.version_of(request, campaign_id)
    if request.method == "POST":
        return change(request, version)
    return draw(request, version, canvas.read(version))


def change(request: HttpRequest, version: Version) -> HttpResponse:
    """One change, saved at once with the revision that the page showed."""
    drawing.require(request, "campaigns.change_campaign")
    back = list_address(version)
    try:
        graph, next_page = apply(request, version, canvas.read(version))
        canvas.save(version, graph, drawing.person(request), revision_of(request))
    except CampaignError as error:
        for problem in error.problems:
            messages.error(request, f"{problem.text} {problem.hint}".strip())
        return HttpResponseRedirect(back)
    return HttpResponseRedirect(next_page or back)


def apply(request: HttpRequest, version: Version, graph: Graph) -> tuple[Graph, str]:
    """(the changed drawing, where to go next)."""
    said, action = request.POST, request.POST.get("action", "")
    if action == "add":
        graph, uid = edit.add_activity(graph, said.get("kind", ""), said.get("label", ""))
        return graph, activity_address(version, uid)
    if action == "remove":
        return edit.remove_activity(graph, said.get("uid", "")), ""
    if action == "connect":
        source, _bar, source_port = said.get("source", "").partition("|")
        target, _bar, target_port = said.get("target", "").partition("|")
        return edit.connect(graph, source, source_port, target, target_port, said.get("label", "")), ""
    if action == "disconnect":
        return edit.disconnect(graph, said.get("key", "")), ""
    if action == "relabel":
        return edit.relabel_transition(graph, said.get("key", ""), said.get("label", "")), ""
    raise CampaignError(_("Choose what to do."))


def revision_of(request: HttpRequest) -> int:
    number = request.POST.get("revision", "")
    return int(number) if number.isdigit() else -1


def list_address(version: Version) -> str:
    return f"{reverse('campaign-list-twin', args=[version.campaign_id])}?version={version.number}"


def activity_address(version: Version, uid: str) -> str:
    return f"{reverse('campaign-list-activity', args=[version.campaign_id, uid])}?version={version.number}"


# --- pages ------------------------------------------------------------------------------------------------------------


def draw(request: HttpRequest, version: Version, graph: Graph) -> HttpResponse:
    catalog = Catalog.load()
    judged = drawing.judge(graph, catalog)
    problems = judged["problems"]
    rows = activity_rows(version, graph, judged["described"], problems)
    labels = {row["uid"]: row["label"] for row in rows}
    context = {
        **shared(request, version, graph),
        "title": version.campaign.name,
        "rows": rows,
        "arrows": arrow_rows(graph, labels),
        "palette": canvas.palette(),
        "outputs": [(f"{a['uid']}|{port.key}", port_words(a["label"], port)) for a in graph["activities"] for port in edit.ports(a)[1]],
        "inputs": [(f"{a['uid']}|{port.key}", port_words(a["label"], port)) for a in graph["activities"] for port in edit.ports(a)[0]],
        "general": [p for p in problems if p["where"] not in labels],
        "problem_count": len(problems),
    }
    return render(request, "campaigns/twin.html", context)


def shared(request: HttpRequest, version: Version, graph: Graph) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "version": version,
        "campaign": version.campaign,
        "level": LEVELS.get(version.status, ""),
        "may": abilities(request, version),
        "urls": addresses(version),
        "revision": graph["revision"],
    }


def port_words(label: str, port: Any) -> str:
    return f"{label} – {port.label}" if str(port.label) else label


def activity_rows(version: Version, graph: Graph, described: dict[str, Any], problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = {kind["key"]: kind for kind in canvas.palette()}
    labels = {a["uid"]: a["label"] for a in graph["activities"]}
    return [
        {
            **activity,
            "kind_label": kinds.get(activity["kind"], {}).get("label", activity["kind"]),
            "icon": kinds.get(activity["kind"], {}).get("icon", "help"),
            "summary": described.get(activity["uid"], {}).get("summary", ""),
            "after": [labels[t["source"]] for t in graph["transitions"] if t["target"] == activity["uid"]],
            "before": [labels[t["target"]] for t in graph["transitions"] if t["source"] == activity["uid"]],
            "problems": [p for p in problems if p["where"] == activity["uid"]],
            "url": activity_address(version, activity["uid"]),
        }
        for activity in graph["activities"]
    ]


def arrow_rows(graph: Graph, labels: dict[str, str]) -> list[dict[str, Any]]:
    named = {a["uid"]: edit.ports(a) for a in graph["activities"]}

    def words(uid: str, side: int, key: str) -> str:
        port = next((p for p in named[uid][side] if p.key == key), None)
        return port_words(labels[uid], port) if port else f"{labels[uid]} – {key}"

    return [
        {
            "key": edit.key_of(t),
            "label": t["label"],
            "source": words(t["source"], 1, t["source_port"]),
            "target": words(t["target"], 0, t["target_port"]),
        }
        for t in graph["transitions"]
    ]


# --- one activity -----------------------------------------------------------------------------------------------------


def activity(request: HttpRequest, campaign_id: int, uid: str) -> HttpResponse:
    """The side panel as a page of its own."""
    drawing.require(request, "campaigns.view_campaign")
    version = drawing.version_of(request, campaign_id)
    graph = canvas.read(version)
    catalog = Catalog.load()
    flow = drawing.draft_flow(graph, catalog)
    try:
        box = edit.find(graph, uid)
        if request.method == "POST":
            return configure(request, version, graph, flow, box, catalog)
        form = unbound(flow, box, catalog)
    except CampaignError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(list_address(version))
    return activity_page(request, version, graph, box, form)


def configure(request: HttpRequest, version: Version, graph: Graph, flow: Flow, box: dict[str, Any], catalog: Catalog) -> HttpResponse:
    """Save what fits; show what does not."""
    drawing.require(request, "campaigns.change_campaign")
    form, config = read_form(flow, box, request, catalog)
    label = request.POST.get("__label", "").strip()[:120] or box["label"]
    changed = edit.change_activity(graph, box["uid"], config=config, label=label)
    canvas.save(version, changed, drawing.person(request), revision_of(request))
    if form.errors:
        messages.warning(request, _("Saved, but not finished: see what is marked below."))
        return activity_page(request, version, canvas.read(version), {**box, "config": config, "label": label}, form)
    messages.success(request, _("“%(label)s” was saved.") % {"label": label})
    return redirect(list_address(version))


def activity_page(request: HttpRequest, version: Version, graph: Graph, box: dict[str, Any], form: Any) -> HttpResponse:
    problems = [p for p in drawing.judge(graph, Catalog.load())["problems"] if p["where"] == box["uid"]]
    kind = next((kind for kind in canvas.palette() if kind["key"] == box["kind"]), {})
    context = {
        **shared(request, version, graph),
        "title": box["label"],
        "box": box,
        "form": form,
        "kind": kind,
        "problems": problems,
        "back": list_address(version),
    }
    return render(request, "campaigns/twin_activity.html", context)
