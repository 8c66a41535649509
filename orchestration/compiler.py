"""Compiler: a drawing becomes a plan. Pure: the same drawing, clock and seed give the same plan, byte for byte."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from campaigns.activities.steps import Consider, Exclude, Fill, Finish, Hold, Pass, Population, Send, Step, Written
from campaigns.flow import Box, Flow, view_name, walk
from orchestration.plan import FORMAT, PLANNED, PREPARED
from schemas.catalog import WORK, Catalog, Clock
from schemas.exceptions import Problem
from schemas.sql import compile_sql


def compile_plan(graph: Mapping[str, Any], catalog: Catalog, clock: Clock, seed: str, prefix: str) -> tuple[dict[str, Any], list[Problem]]:
    """The plan, and everything that keeps it from running; the plan is complete only when there are no errors."""
    flow = walk(graph, catalog, clock, seed, prefix)
    activities = [planned(box, flow, prefix) for box in flow.boxes.values() if box.sound]
    plan = {
        "format": FORMAT,
        "prefix": prefix,
        "seed": seed,
        "now": clock.now.isoformat(),
        "zone": str(clock.zone),
        "activities": activities,
    }
    return plan, flow.problems


def planned(box: Box, flow: Flow, prefix: str) -> dict[str, Any]:
    return {
        "uid": box.node.uid,
        "kind": box.node.kind,
        "label": box.node.label or str(getattr(box.kind, "label", box.node.kind)),
        "copies": bool(box.kind and box.kind.copies),
        "inputs": [{"uid": a.source, "port": a.source_port, "target_port": a.target_port} for a in box.arrows],
        "ports": [{"key": port.key, "label": str(port.label), "role": port.role} for port in box.output_ports],
        "steps": [as_json(step, flow, view_name(prefix, box.node.uid, PREPARED)) for step in box.steps],
    }


def as_json(step: Step, flow: Flow, prepared: str) -> dict[str, Any]:
    """One step as plain values."""
    match step:
        case Fill():
            return {"type": "fill", **filled(step.port, step, step.dimension), **sql(step.select)}
        case Pass():
            uid, port = origin(step, flow)
            return {"type": "pass", "port": step.port, "from_uid": uid, "from_port": port}
        case Written():
            return {"type": "written", **filled(step.port, step.population, step.population.dimension), **sql(written(step, prepared))}
        case Exclude():
            return {"type": "exclude", "reason": str(step.reason), **sql(step.select)}
        case Consider():
            return {"type": "consider", **sql(step.select)}
        case Hold():
            seconds = step.duration.total_seconds() if step.duration is not None else None
            return {"type": "hold", "seconds": seconds, "until": step.until.isoformat() if step.until else None}
        case Send():
            return sending(step)
        case Finish():
            return {"type": "finish"}
    raise TypeError(f"The engine knows no step {type(step).__name__}.")


def filled(port: str, made: Fill | Population, dimension: str) -> dict[str, Any]:
    columns = [column.as_dict() for column in made.columns]
    return {"port": port, "dimension": dimension, "columns": columns, "key": [column.name for column in made.key]}


def written(step: Written, prepared: str) -> sa.Select[Any]:
    """The inbound rows that stand for a planned message; PLANNED exists while the ledger is being filled."""
    names = [column.name for column in step.population.key]
    members = step.population.table.alias("p")
    wanted = sa.table(prepared, *map(sa.column, (*names, "recipient_key", "entity_key", "context")), schema=WORK).alias("w")
    ledger = sa.table(PLANNED, sa.column("recipient_key"), sa.column("entity_key")).alias("l")
    same = sa.and_(*(members.c[name] == wanted.c[name] for name in names))
    message = sa.and_(*(ledger.c[name] == sa.cast(wanted.c[name], sa.Text) for name in ("recipient_key", "entity_key")))
    columns = [members.c[column.name] for column in step.population.columns]
    return sa.select(*columns).select_from(members.join(wanted, same).join(ledger, message)).where(wanted.c.context.is_not(None))


def sql(select: Any) -> dict[str, Any]:
    statement = compile_sql(select)
    return {"sql": statement.text, "params": dict(statement.params)}


def sending(step: Send) -> dict[str, Any]:
    """`consent_now` is a statement of its own; it is asked again for each recipient just before the point of no return."""
    asks_again = compile_sql(step.consent_now).as_dict() if step.consent_now is not None else None
    return {"type": "send", "channel": str(step.channel), "settings": dict(step.settings), "consent_now": asks_again, **sql(step.select)}


def origin(step: Pass, flow: Flow) -> tuple[str, str]:
    """Whose population is handed on: (uid, port)."""
    source = flow.boxes[step.population.activity]
    port = next(key for key, population in source.outputs.items() if population.table.name == step.population.table.name)
    return step.population.activity, port
