"""Enrich: add columns to a population."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, added_column
from campaigns.activities.steps import Column, Fill, Population, Step
from campaigns.attributes import Attribute, Joins, describe, join_one, to_one_end
from campaigns.choices import Category
from campaigns.json_values import json_object, json_value
from campaigns.list_fields import EnrichmentsField
from schemas import rules
from schemas.catalog import Catalog, FieldInfo, SchemaInfo
from schemas.exceptions import Problem, SchemaError, about

TYPES_OF = {"count": "big_integer", "sum": "decimal", "avg": "decimal"}  # the others keep the type of the field


class Enrich(ActivityType):
    """Add values of linked records to everybody in the population.

    - **An attribute** of the record itself or of one it leads to: the name of a customer's store.
    - **A figure** over many linked records: how many orders, their total, the latest date; of all or only of those that
      meet a rule.
    - **A collection**: the first so many linked records in a chosen order, with the fields you pick; in a message
      they are a list: `{% for film in films_out %}{{ film.title }}{% endfor %}`.

    The population keeps its size: nobody is added and nobody lost. Each added value has a *name in templates*; later
    activities can sort and filter by it.
    """

    key = "enrich"
    label = gettext_lazy("Enrich")
    category = Category.TARGETING
    icon = "playlist_add"
    example = {
        "entries": [
            {"kind": "attribute", "path": ["store"], "field": "name", "alias": "store_name", "label": "Store"},
            {"kind": "aggregate", "function": "sum", "path": ["orders"], "field": "total", "where": None, "alias": "spent", "label": "Spent"},
            {
                "kind": "collection", "path": ["orders"], "alias": "last_orders", "label": "Last orders", "limit": 3, "where": None,
                "sort": {"path": [], "field": "placed_at", "direction": "desc"},
                "fields": [{"path": [], "field": "order_id", "name": "number"}, {"path": [], "field": "total", "name": "total"}],
            },
        ]
    }  # fmt: skip

    class Form(ActivityForm):
        entries = EnrichmentsField(label=gettext_lazy("Values to add"))

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        if not node.config["entries"]:
            yield Problem("entries", _("Nothing is added yet."), _("Add an attribute, a figure or a collection."))
        for population in inputs.get("in", []):
            joins = Joins(context.catalog, population)
            for entry in node.config["entries"]:
                try:
                    add(entry, joins, context)
                except SchemaError as error:
                    for problem in error.problems:
                        yield Problem("entries", about(entry["label"], problem.text), problem.hint)

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        (population,) = inputs["in"]
        joins = Joins(context.catalog, population)
        joins.records()
        added = [add(entry, joins, context) for entry in node.config["entries"]]
        extra = (*population.extra, *(column for column, _value in added))
        select = sa.select(*joins.member_columns(), *(value.label(column.name) for column, value in added))
        return [Fill("out", select.select_from(joins.from_), population.dimension, population.key, extra)]

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        entries = config.get("entries")
        named = [e for e in entries if isinstance(e, Mapping)] if isinstance(entries, list) else []
        return ", ".join(str(e.get("label") or e.get("alias") or "") for e in named[:3])


def add(entry: Mapping[str, Any], joins: Joins, context: Context) -> tuple[Column, sa.ColumnElement[Any]]:
    """The new column and its value; raises when the entry leads nowhere."""
    if entry["kind"] == "attribute":
        attribute = Attribute(tuple(entry["path"]), entry["field"])
        _label, type = describe(attribute, joins.catalog, joins.schema)
        return added_column(entry["alias"], entry["label"], type), joins.value(attribute)
    reach = Reach(entry["path"], joins, entry["alias"])
    if entry["where"]:
        reach.conditions.append(rules.condition_of(entry["where"], reach.schema, context.catalog, reach.end, context.clock))
    if entry["kind"] == "aggregate":
        return figure(entry, reach)
    return added_column(entry["alias"], entry["label"], "json"), collection(entry, reach, context)


class Reach:
    """The records at the end of a path that begins at a member's record, for use in a correlated subquery."""

    def __init__(self, path: Iterable[str], joins: Joins, alias: str) -> None:
        steps = joins.catalog.walk(joins.schema, path)
        if not any(link.to_many for link, _target in steps):
            raise SchemaError(
                Problem(
                    "",
                    _("The path leads to one record only."),
                    _("Add its fields as attributes, or choose a link that leads to many records."),
                )
            )
        self.catalog, self.outer = joins.catalog, joins.records()
        self.name = added_column(alias, "", "").name
        self.repeats = len(steps) > 1 and not all(link.to_many for link, _target in steps)  # several ways to one record
        self.reached: dict[tuple[str, ...], sa.FromClause] = {}
        self.conditions: list[sa.ColumnElement[bool]] = []
        here, schema = self.outer, joins.schema
        self.from_: sa.FromClause = self.outer
        for n, (link, target) in enumerate(steps):
            there = target.table.alias(f"{self.name}_{n}")
            on = sa.and_(*(here.c[schema.field(a).column] == there.c[target.field(b).column] for a, b in link.pairs))
            if n:
                self.from_ = self.from_.join(there, on)
            else:
                self.from_ = there
                self.conditions.append(on)
            here, schema = there, target
        self.end, self.schema = here, schema

    def rows(self, columns: list[sa.ColumnElement[Any]]) -> sa.Select[Any]:
        return sa.select(*columns).select_from(self.from_).where(*self.conditions).correlate(self.outer)

    @property
    def keys(self) -> list[sa.ColumnElement[Any]]:
        return [self.end.c[f.column] for f in self.schema.key]

    def records(self, path: tuple[str, ...]) -> tuple[sa.FromClause, SchemaInfo]:
        """What the records at the end lead to along to-one links, joined once for each path."""
        schema = to_one_end(self.catalog, self.schema, path)
        if not path:
            return self.end, schema
        if path not in self.reached:
            here, before = self.records(path[:-1])
            name = f"{self.name}_j{len(self.reached)}"
            self.from_, self.reached[path] = join_one(self.catalog, self.from_, here, before, path[-1], name)
        return self.reached[path], schema

    def value(self, path: Iterable[str], name: str) -> tuple[sa.ColumnElement[Any], str]:
        """(value, type) of a field of the records at the end, or of what they lead to."""
        records, schema = self.records(tuple(path))
        field = schema.field(name)
        return records.c[field.column], field.type


def figure(entry: Mapping[str, Any], reach: Reach) -> tuple[Column, sa.ColumnElement[Any]]:
    """One number over the records at the end; each counts once, whatever the ways to it, as in rules."""
    function, type, measured = entry["function"], "big_integer", None
    if function != "count":
        field = reach.schema.field(entry["field"])
        refuse(function, field)
        type, measured = TYPES_OF.get(function, field.type), reach.end.c[field.column]
    if reach.repeats:
        keys = [key.label(f"n_{n}") for n, key in enumerate(reach.keys)]
        once = reach.rows([*keys, *([] if measured is None else [measured.label("m")])]).distinct().subquery()
        select = sa.select(aggregate(function, None if measured is None else once.c.m)).select_from(once)
    else:
        select = reach.rows([aggregate(function, measured)])
    return added_column(entry["alias"], entry["label"], type), select.scalar_subquery()


def refuse(function: str, field: FieldInfo) -> None:
    """Raise when a field has no such figure."""
    if function in ("sum", "avg") and field.kind.family != "number":
        raise SchemaError(Problem("", _("%(field)s is not a number.") % {"field": field.label}, _("Choose a number.")))
    if field.kind.family in ("boolean", "uuid"):
        raise SchemaError(
            Problem("", _("%(field)s has no lowest or highest value.") % {"field": field.label}, _("Choose a number, a date or a text."))
        )


def aggregate(function: str, measured: Any) -> sa.ColumnElement[Any]:
    if function == "count":
        return sa.func.count()
    if function == "sum":
        return sa.cast(sa.func.coalesce(sa.func.sum(measured), sa.literal_column("0")), sa.Numeric)
    if function == "avg":
        return sa.cast(sa.func.avg(measured), sa.Numeric)
    return getattr(sa.func, function)(measured)


def collection(entry: Mapping[str, Any], reach: Reach, context: Context) -> sa.ColumnElement[Any]:
    """The first lines, as a JSON list of objects in their order."""
    values = {item["name"]: json_value(*reach.value(item["path"], item["field"]), context.clock) for item in entry["fields"]}
    order: list[Any] = []
    if entry["sort"]:
        value, _type = reach.value(entry["sort"]["path"], entry["sort"]["field"])
        order.append(value.desc().nulls_last() if entry["sort"]["direction"] == "desc" else value.asc().nulls_last())
    place = sa.func.row_number().over(order_by=[*order, *reach.keys]).label("place")
    inner = reach.rows([json_object(values).label("line"), place]).order_by(place).limit(sa.literal(entry["limit"], sa.Integer)).subquery()
    listed = sa.func.jsonb_agg(aggregate_order_by(inner.c.line, inner.c.place), type_=JSONB)
    empty = sa.cast(sa.literal_column("'[]'"), JSONB)
    return sa.select(sa.func.coalesce(listed, empty, type_=JSONB)).select_from(inner).scalar_subquery()
