"""Small changes to a drawing that is not saved yet; the list of activities works with these, as the canvas does in the browser."""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.activities.base import Port, registry
from campaigns.exceptions import CampaignError
from campaigns.flow import in_order
from schemas.exceptions import Problem

Graph = dict[str, Any]
UID_LETTERS = string.ascii_lowercase + string.digits
STEP = 144  # how far below the others the next box goes, in pixels of the canvas


def new_uid() -> str:
    return "a" + "".join(secrets.choice(UID_LETTERS) for _letter in range(9))


def find(graph: Graph, uid: str) -> dict[str, Any]:
    for activity in graph["activities"]:
        if activity["uid"] == uid:
            return dict(activity)
    raise CampaignError(_("This activity is not in the campaign any more. Reload the page."))


def ports(activity: Mapping[str, Any]) -> tuple[list[Port], list[Port]]:
    kind = registry().get(activity["kind"])
    return kind.ports(activity.get("config") or {}) if kind else ([], [])


def free_label(graph: Graph, label: str) -> str:
    taken = {a["label"] for a in graph["activities"]}
    name, n = label, 2
    while name in taken:
        name, n = f"{label} {n}", n + 1
    return name


def add_activity(graph: Graph, kind: str, label: str = "") -> tuple[Graph, str]:
    """The drawing with one more box, below all others, and the box's uid."""
    if kind not in registry():
        raise CampaignError(_("Choose a type of activity."))
    uid = new_uid()
    lowest = max(graph["activities"], key=lambda a: a["y"], default={"x": 0, "y": -STEP})
    name = free_label(graph, label.strip()[:120] or str(registry()[kind].label))
    box: dict[str, Any] = {"uid": uid, "kind": kind, "label": name, "x": lowest["x"], "y": lowest["y"] + STEP, "config": {}}
    return {**graph, "activities": [*graph["activities"], box]}, uid


def change_activity(graph: Graph, uid: str, **values: Any) -> Graph:
    find(graph, uid)
    return {**graph, "activities": [{**a, **values} if a["uid"] == uid else a for a in graph["activities"]]}


def remove_activity(graph: Graph, uid: str) -> Graph:
    """The drawing without the box and the arrows at it."""
    find(graph, uid)
    kept = [a for a in graph["activities"] if a["uid"] != uid]
    return {**graph, "activities": kept, "transitions": [t for t in graph["transitions"] if uid not in (t["source"], t["target"])]}


def connect(graph: Graph, source: str, source_port: str, target: str, target_port: str, label: str = "") -> Graph:
    """The drawing with one more arrow, if the ports take it."""
    outputs = {port.key: port for port in ports(find(graph, source))[1]}
    inputs = {port.key: port for port in ports(find(graph, target))[0]}
    if source_port not in outputs or target_port not in inputs:
        raise CampaignError(_("Choose an output and an input that exist."))
    arrow = {"source": source, "source_port": source_port, "target": target, "target_port": target_port, "label": label.strip()[:120]}
    wider = {**graph, "transitions": [*graph["transitions"], arrow]}
    problems = []
    if not outputs[source_port].many and any((t["source"], t["source_port"]) == (source, source_port) for t in graph["transitions"]):
        problems.append(Problem(source, _("This output already leads somewhere."), _("Add a Fork to send it to several activities.")))
    if not inputs[target_port].many and any((t["target"], t["target_port"]) == (target, target_port) for t in graph["transitions"]):
        problems.append(
            Problem(target, _("This input takes one transition only."), _("Add a Combine before it to bring several together."))
        )
    if not problems and in_order(wider)[1]:
        problems.append(Problem(source, _("A campaign flows in one direction: this would close a circle."), _("Choose another activity.")))
    if problems:
        raise CampaignError(*problems)
    return wider


def key_of(transition: Mapping[str, Any]) -> str:
    return "|".join([transition["source"], transition["source_port"], transition["target"], transition["target_port"]])


def disconnect(graph: Graph, key: str) -> Graph:
    return {**graph, "transitions": [t for t in graph["transitions"] if key_of(t) != key]}


def relabel_transition(graph: Graph, key: str, label: str) -> Graph:
    return {**graph, "transitions": [{**t, "label": label.strip()[:120]} if key_of(t) == key else t for t in graph["transitions"]]}
