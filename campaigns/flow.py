"""Flow: a drawing walked from its sources to its ends; what flows into each box, and what each box asks of the engine."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port, key_columns, registry
from campaigns.activities.steps import Column, Fill, Pass, Population, Step, Written
from campaigns.attributes import work_table
from schemas.catalog import WORK, Catalog, Clock
from schemas.exceptions import Problem, SchemaError, about

NAME_LENGTH = 63  # of PostgreSQL


@dataclass(frozen=True)
class Arrow:
    """One transition of a drawing."""

    source: str
    source_port: str
    target: str
    target_port: str
    label: str = ""


@dataclass
class Box:
    """One activity of a flow. `steps` is empty when something is wrong with it or before it.

    `outputs` is known for every port even then, as far as one can tell, so that forms further on can offer choices.
    """

    node: Node
    kind: ActivityType | None
    input_ports: list[Port] = field(default_factory=list)
    output_ports: list[Port] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    inputs: dict[str, list[Population]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, Population] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    form: ActivityForm | None = None
    sound: bool = False  # compiled, and so is all before it


@dataclass
class Flow:
    """All boxes by uid, each after those that lead to it, and everything that is wrong."""

    boxes: dict[str, Box] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def view_name(prefix: str, uid: str, port: str) -> str:
    """The view, in the namespace `work`, that shows the population of a port; also of ports that only pass one on."""
    name = re.sub(r"[^a-z0-9_]", "_", f"{prefix}_{uid}_{port}".lower())
    if len(name) <= NAME_LENGTH:
        return name
    return f"{name[:50]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def arrows_of(graph: Mapping[str, Any]) -> list[Arrow]:
    return [
        Arrow(t["source"], t.get("source_port") or "out", t["target"], t.get("target_port") or "in", t.get("label") or "")
        for t in graph.get("transitions", [])
    ]


def in_order(graph: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(uids, each after its sources; uids on or behind a circle)."""
    uids = [a["uid"] for a in graph.get("activities", [])]
    known = set(uids)
    before: dict[str, set[str]] = {uid: set() for uid in uids}
    for arrow in arrows_of(graph):
        if arrow.source in known and arrow.target in known:
            before[arrow.target].add(arrow.source)
    done: list[str] = []
    ready = [uid for uid in before if not before[uid]]
    waiting = {uid: set(sources) for uid, sources in before.items() if sources}
    while ready:
        uid = ready.pop(0)
        done.append(uid)
        for other in list(waiting):
            waiting[other].discard(uid)
            if not waiting[other]:
                ready.append(other)
                del waiting[other]
    return done, list(waiting)


def walk(graph: Mapping[str, Any], catalog: Catalog, clock: Clock, seed: str, prefix: str) -> Flow:
    """Compile a drawing as far as it goes. Never raises for what a person drew; `problems` tells, all at once."""
    flow = Flow()
    activities = {a["uid"]: a for a in graph.get("activities", [])}
    arrows = arrows_of(graph)
    order, circular = in_order(graph)
    for uid in order:
        leading = [arrow for arrow in arrows if arrow.target == uid and arrow.source in activities]
        flow.boxes[uid] = walk_box(activities[uid], leading, flow, Context(catalog, clock, seed), prefix)
        flow.problems += flow.boxes[uid].problems
    for uid in circular:
        flow.problems.append(Problem(uid, _("The arrows lead round in a circle."), _("Remove one of the arrows.")))
    return flow


def walk_box(activity: Mapping[str, Any], leading: list[Arrow], flow: Flow, context: Context, prefix: str) -> Box:
    uid, config = activity["uid"], activity.get("config") or {}
    label = activity.get("label") or ""
    kind = registry().get(activity["kind"])
    sources = tuple((arrow.source, flow.boxes[arrow.source].node.label) for arrow in leading)
    box = Box(Node(uid, activity["kind"], label, config, sources), kind, arrows=leading)
    if kind is None:
        box.problems.append(Problem(uid, _("There is no activity type “%(kind)s”.") % {"kind": activity["kind"]}, _("Delete the box.")))
        return box
    box.input_ports, box.output_ports = kind.ports(config)
    sound = connect(box, flow)
    box.form = kind.Form(data=filled(kind.Form, config), catalog=context.catalog, inputs=box.inputs, sources=sources)
    fits = check(box, context)
    if sound and fits:
        compile_box(box, context, prefix)
    if not box.sound:
        box.outputs = guess(box, context.catalog, prefix)
    return box


def connect(box: Box, flow: Flow) -> bool:
    """Fill `inputs` from what the boxes before give; True when every port has what it needs."""
    uid, sound = box.node.uid, True
    ports = {port.key: port for port in box.input_ports}
    for arrow in box.arrows:
        source = flow.boxes[arrow.source]
        sound = sound and source.sound
        if arrow.target_port not in ports or arrow.source_port not in {port.key for port in source.output_ports}:
            sound = False
            box.problems.append(
                Problem(
                    uid,
                    _("An arrow from “%(source)s” has no end here.") % {"source": source.node.label},
                    _("Delete the arrow and draw it again."),
                )
            )
        elif arrow.source_port in source.outputs:
            box.inputs.setdefault(arrow.target_port, []).append(labelled(source, arrow))
    for port in box.input_ports:
        count = sum(arrow.target_port == port.key for arrow in box.arrows)
        if not count and not port.optional:
            sound = False
            box.problems.append(Problem(uid, _("Nothing leads here."), _("Draw an arrow to it from the activity before.")))
        if count > 1 and not port.many:
            sound = False
            box.problems.append(Problem(uid, _("Only one arrow may lead here."), _("Bring the populations together with Combine first.")))
    return sound


def labelled(source: Box, arrow: Arrow) -> Population:
    """The population of an arrow, with words that tell it from its siblings."""
    population = source.outputs[arrow.source_port]
    port = next(p for p in source.output_ports if p.key == arrow.source_port)
    label = source.node.label
    if len(source.output_ports) > 1 and str(port.label):
        label = f"{label} · {port.label}"
    return replace(population, activity=arrow.source, label=arrow.label or label)


def filled(form: type[ActivityForm], config: Mapping[str, Any]) -> dict[str, Any]:
    """The config, with the initial value of each field that it does not mention."""
    initial = {name: f.initial for name, f in form.base_fields.items() if f.initial is not None}
    return {**initial, **config}


def check(box: Box, context: Context) -> bool:
    """Whether the box's own settings are right; `node.config` is then the cleaned one."""
    assert box.kind is not None and box.form is not None
    for name, errors in box.form.errors.items():
        label = box.form.fields[name].label if name in box.form.fields else ""
        for error in errors:
            box.problems.append(Problem(box.node.uid, about(label, error) if label else str(error)))
    if box.form.errors:
        return False
    box.node = replace(box.node, config=box.form.resolved())
    try:
        found = [replace(p, where=box.node.uid) for p in box.kind.problems(box.node, box.inputs, context)]
    except SchemaError as error:
        found = [replace(p, where=box.node.uid) for p in error.problems]
    box.problems += found
    return not any(p.level == "error" for p in found)


def compile_box(box: Box, context: Context, prefix: str) -> None:
    assert box.kind is not None
    try:
        box.steps = box.kind.compile(box.node, box.inputs, context)
    except SchemaError as error:
        box.problems += [replace(p, where=box.node.uid) for p in error.problems]
        return
    for step in box.steps:
        if isinstance(step, Fill):
            box.outputs[step.port] = population(box, step.port, step.dimension, step.key, step.extra, prefix)
        elif isinstance(step, Pass | Written):
            passed = step.population
            box.outputs[step.port] = population(box, step.port, passed.dimension, passed.key, passed.extra, prefix)
    box.sound = True


def population(box: Box, port: str, dimension: str, key: tuple[Column, ...], extra: tuple[Column, ...], prefix: str) -> Population:
    table = work_table(view_name(prefix, box.node.uid, port), (*key, *extra), WORK)
    return Population(dimension, table, key, extra, box.node.uid, box.node.label)


def guess(box: Box, catalog: Catalog, prefix: str) -> dict[str, Population]:
    """What will probably leave a box that is not finished yet: what flows in, or records of its dimension."""
    first = next((p for populations in box.inputs.values() for p in populations), None)
    rule = box.node.config.get("rule")
    name = first.dimension if first else box.node.config.get("dimension") or (rule.get("schema") if isinstance(rule, Mapping) else None)
    schema = catalog.schemas.get(str(name))
    if schema is None:
        return {}
    extra = first.extra if first else ()
    return {port.key: population(box, port.key, schema.name, key_columns(schema), extra, prefix) for port in box.output_ports}
