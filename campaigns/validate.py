"""Validate: everything that is wrong with a drawing, all at once, each at its box."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.activities.base import registry
from campaigns.choices import Category
from campaigns.flow import Flow, arrows_of, in_order, walk
from schemas.catalog import Catalog, Clock
from schemas.exceptions import Problem


def problems(graph: Mapping[str, Any], catalog: Catalog, clock: Clock | None = None) -> list[Problem]:
    """Errors keep a version from being submitted; warnings are for its author to weigh."""
    return [*flow_problems(graph, walk(graph, catalog, clock or Clock.current(), "validate", "v"))]


def flow_problems(graph: Mapping[str, Any], flow: Flow) -> list[Problem]:
    """The same for a drawing that was walked already."""
    if not graph.get("activities"):
        return [Problem("", _("The campaign is empty."), _("Drag an activity from the palette to begin."))]
    return unique([*flow.problems, *dangling(graph), *starts(graph), *without_aim(graph), *loose_ends(graph, flow)])


def errors(found: list[Problem]) -> list[Problem]:
    return [problem for problem in found if problem.level == "error"]


def unique(found: list[Problem]) -> list[Problem]:
    return list({(p.where, str(p.text)): p for p in found}.values())


def dangling(graph: Mapping[str, Any]) -> list[Problem]:
    """Arrows that lead from or to a box that is not there."""
    uids = {a["uid"] for a in graph["activities"]}
    loose = [arrow for arrow in arrows_of(graph) if arrow.source not in uids or arrow.target not in uids]
    return [
        Problem(
            next((uid for uid in (a.source, a.target) if uid in uids), ""),
            _("An arrow has lost one of its ends."),
            _("Delete it and draw it again."),
        )
        for a in loose
    ]


def starts(graph: Mapping[str, Any]) -> list[Problem]:
    """A campaign begins with a box that needs nothing before it."""
    reached = {arrow.target for arrow in arrows_of(graph)}
    for activity in graph["activities"]:
        kind = registry().get(activity["kind"])
        if kind and activity["uid"] not in reached and all(port.optional for port in kind.ports(activity.get("config") or {})[0]):
            return []
    return [Problem("", _("The campaign has no start."), _("Add Build audience: it says who the campaign is about."))]


def without_aim(graph: Mapping[str, Any]) -> list[Problem]:
    if any(kind.category == Category.CHANNELS for kind in (registry().get(a["kind"]) for a in graph["activities"]) if kind):
        return []
    return [Problem("", _("The campaign sends nothing."), _("Add an e-mail, if it should."), "warning")]


def loose_ends(graph: Mapping[str, Any], flow: Flow) -> list[Problem]:
    """Populations that lead nowhere, where nothing is done with them."""
    used = {(arrow.source, arrow.source_port) for arrow in arrows_of(graph)}
    found = []
    for uid in in_order(graph)[0]:
        box = flow.boxes[uid]
        if box.kind is None or box.kind.category == Category.CHANNELS or box.node.kind == "end":
            continue
        loose = [port for port in box.output_ports if port.role != "complement" and (uid, port.key) not in used]
        if loose:
            names = ", ".join(str(port.label) or _("the output") for port in loose)
            found.append(
                Problem(uid, _("Nothing follows %(ports)s.") % {"ports": names}, _("Draw an arrow from it, or end it with End."), "warning")
            )
    return found
