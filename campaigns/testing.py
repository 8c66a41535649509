"""Drawings for tests, and a way to run one on real tables without the engine."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from psycopg import sql

from campaigns import canvas, publish
from campaigns.activities.steps import Consider, Exclude, Fill, Pass, Written
from campaigns.flow import Box, Flow, view_name, walk
from campaigns.models import Sender, Version
from schemas.catalog import WORK, Catalog, Clock
from schemas.sql import compile_sql

MARKETER = ["add_campaign", "change_campaign", "view_campaign", "submit_version"]
APPROVER = ["view_campaign", "approve_version"]


def person(name: str, permissions: Sequence[str] = MARKETER) -> User:
    """Somebody with permissions of this app."""
    user = User.objects.create_user(name, password=None)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="campaigns", codename__in=permissions))
    return User.objects.get(pk=user.pk)


def sender(name: str = "Shop") -> Sender:
    fields = {"from_name": "The shop", "from_email": "shop@tutti.localhost", "reply_to": "", "postal_address": "1 quai du Port, Marseille"}
    return Sender.objects.get_or_create(name=name, defaults=fields)[0]


def graph(activities: Sequence[Mapping[str, Any]], transitions: Sequence[Any] = ()) -> dict[str, Any]:
    """A drawing from little: {"uid", "kind", "config"}, and arrows as "a>b", "a.port>b" or "a.port>b.port"."""
    boxes = [{"label": a["uid"], "x": n * 200, "y": 0, "config": {}, **a} for n, a in enumerate(activities)]
    return {"revision": 0, "activities": boxes, "transitions": [arrow(t) for t in transitions]}


def arrow(text: Any) -> dict[str, str]:
    if isinstance(text, Mapping):
        return {"source_port": "out", "target_port": "in", "label": "", **text}
    source, target = text.split(">")
    source, _dot, source_port = source.partition(".")
    target, _dot, target_port = target.partition(".")
    return {"source": source, "source_port": source_port or "out", "target": target, "target_port": target_port or "in", "label": ""}


def draw(user: User, activities: Sequence[Mapping[str, Any]], transitions: Sequence[Any] = (), name: str = "Campaign") -> Version:
    """A draft with this drawing, saved by this person."""
    version = publish.create_campaign(name, user).latest
    canvas.save(version, graph(activities, transitions), user, version.revision)
    return Version.objects.get(pk=version.pk)


def approved(user: User, approver: User, activities: Sequence[Mapping[str, Any]], transitions: Sequence[Any] = ()) -> Version:
    """The same, submitted and approved."""
    return publish.approve(publish.submit(draw(user, activities, transitions), user), approver)


def audience(uid: str, *items: Mapping[str, Any], schema: str = "customer", op: str = "and") -> dict[str, Any]:
    """A Build audience box."""
    rule = {"version": 1, "schema": schema, "where": {"kind": "group", "op": op, "not": False, "items": list(items)}}
    return {"uid": uid, "kind": "build_audience", "config": {"rule": rule}}


def where(field: str, op: str, value: Any = None, path: Sequence[str] = ()) -> dict[str, Any]:
    """A condition."""
    condition = {"kind": "condition", "path": list(path), "field": field, "op": op}
    return condition if value is None else {**condition, "value": value}


class Played:
    """A drawing that was run step by step on real tables, in the order of its boxes."""

    def __init__(self, drawing: Mapping[str, Any], seed: str = "seed", prefix: str = "t") -> None:
        self.flow: Flow = walk(drawing, Catalog.load(), Clock.current(), seed, prefix)
        self.prefix = prefix
        self.considered: dict[str, int] = {}
        self.excluded: dict[str, dict[str, int]] = {}
        assert not [p for p in self.flow.problems if p.level == "error"], self.flow.problems
        for box in self.flow.boxes.values():
            self.play(box)

    def play(self, box: Box) -> None:
        uid = box.node.uid
        for step in box.steps:
            if isinstance(step, Fill):
                self.make(view_name(self.prefix, uid, step.port), step.select)
            elif isinstance(step, Pass | Written):  # there is no ledger here, so everybody counts as written to
                self.make(view_name(self.prefix, uid, step.port), step.population.table.select())
            elif isinstance(step, Consider):
                self.considered[uid] = self.ask(step.select)[0][0]
            elif isinstance(step, Exclude):
                reasons = self.excluded.setdefault(uid, {})
                reasons[step.reason] = reasons.get(step.reason, 0) + self.ask(step.select)[0][0]

    def make(self, name: str, select: Any) -> None:
        statement = compile_sql(select)
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TABLE {} AS {}").format(sql.Identifier(WORK, name), sql.SQL(statement.text)), dict(statement.params)
            )

    def ask(self, select: Any) -> list[tuple[Any, ...]]:
        statement = compile_sql(select)
        with connection.cursor() as cursor:
            cursor.execute(statement.text, dict(statement.params))
            return cursor.fetchall()

    def rows(self, uid: str, port: str = "out") -> list[tuple[Any, ...]]:
        """The rows of a population, in the order of their keys."""
        population = self.flow.boxes[uid].outputs[port]
        return self.ask(population.table.select().order_by(*(population.table.c[c.name] for c in population.key)))

    def keys(self, uid: str, port: str = "out") -> set[Any]:
        width = len(self.flow.boxes[uid].outputs[port].key)
        return {row[0] if width == 1 else row[:width] for row in self.rows(uid, port)}

    def values(self, uid: str, alias: str, port: str = "out") -> dict[Any, Any]:
        """An added column by key."""
        population = self.flow.boxes[uid].outputs[port]
        place = [c.alias for c in population.columns].index(alias)
        read = json.loads if population.columns[place].type == "json" else lambda value: value  # Django's cursor gives JSON as text
        return {row[0]: read(row[place]) for row in self.rows(uid, port)}

    def balance(self, uid: str) -> tuple[int, int]:
        """(rows in, rows accounted for): equal for every box, or somebody was lost."""
        box = self.flow.boxes[uid]
        arriving = [p for populations in box.inputs.values() for p in populations]
        rows_in = sum(len(self.ask(p.table.select())) for p in arriving) if arriving else self.considered[uid]
        ports = [port.key for port in box.output_ports if not box.kind or not box.kind.copies or port.key == "out_1"]
        return rows_in, sum(len(self.rows(uid, port)) for port in ports) + sum(self.excluded.get(uid, {}).values())
