"""Attributes: values of a population's records, and of what their to-one links lead to; each link is joined once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from sqlalchemy.dialects.postgresql import JSONB

from campaigns.activities.steps import Column, Population
from schemas.catalog import Catalog, Link, SchemaInfo
from schemas.exceptions import Problem, SchemaError, UnknownReference
from schemas.field_types import TYPES

FIRST_LETTER = "first_letter"
PARTS = {"", FIRST_LETTER}


@dataclass(frozen=True)
class Attribute:
    """One value of a record: a field at the end of to-one links (perhaps only a part of it), or an added column."""

    path: tuple[str, ...] = ()
    field: str = ""
    part: str = ""
    column: str = ""  # the alias of an added column; then the others are empty

    @classmethod
    def read(cls, value: Any) -> "Attribute":
        """From a config ({"path", "field", "part"} or {"column"}) or a code (a.b.field, field:first_letter, @alias)."""
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            path = value.get("path") or []
            if not isinstance(path, list | tuple) or not all(isinstance(name, str) for name in path):
                raise ValueError("path")
            return cls(tuple(path), str(value.get("field") or ""), str(value.get("part") or ""), str(value.get("column") or ""))
        text = str(value or "")
        if text.startswith("@"):
            return cls(column=text[1:])
        names, _colon, part = text.partition(":")
        *path, field = names.split(".")
        return cls(tuple(path), field, part)

    @property
    def code(self) -> str:
        if self.column:
            return f"@{self.column}"
        return ".".join([*self.path, self.field]) + (f":{self.part}" if self.part else "")

    def as_config(self) -> dict[str, Any]:
        if self.column:
            return {"column": self.column}
        config: dict[str, Any] = {"path": list(self.path), "field": self.field}
        return config | ({"part": self.part} if self.part else {})


def column_type(type: str) -> sa.types.TypeEngine[Any]:
    """The SQL type of a column of a work table."""
    if type == "json":
        return JSONB()
    return TYPES[type].sql(SimpleNamespace(max_length=None, precision=None, scale=None))


def work_table(name: str, columns: Iterable[Column], namespace: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(c.name, column_type(c.type)) for c in columns), schema=namespace)


def to_one_end(catalog: Catalog, schema: SchemaInfo, path: Iterable[str], where: str = "") -> SchemaInfo:
    """The schema at the end of a path, all links of which lead to one record."""
    for link, target in catalog.walk(schema, path, where):
        if link.to_many:
            text = _("“%(link)s” leads from %(schema)s to many records.") % {"link": link.label, "schema": schema.label}
            raise UnknownReference(where, text, _("Choose a link that leads to one record, or collect the records with Enrich."))
        schema = target
    return schema


def describe(attribute: Attribute, catalog: Catalog, schema: SchemaInfo, extra: Iterable[Column] = (), where: str = "") -> tuple[str, str]:
    """(label, type) of an attribute; raises UnknownReference when it does not exist."""
    if attribute.column:
        found = next((c for c in extra if c.alias == attribute.column), None)
        if found is None:
            raise UnknownReference(
                where,
                _("No added column is called “%(alias)s”.") % {"alias": attribute.column},
                _("Add it with Enrich before, or choose another."),
            )
        return found.label, found.type
    if attribute.part not in PARTS:
        raise UnknownReference(where, _("“%(part)s” is not a part of a value.") % {"part": attribute.part})
    end = to_one_end(catalog, schema, attribute.path, where)
    field = end.field(attribute.field, where)
    labels = [link.label for link, _target in catalog.walk(schema, attribute.path, where)]
    label = " › ".join([*labels, field.label])
    if attribute.part == FIRST_LETTER:
        if field.kind.family != "text":
            raise UnknownReference(where, _("%(field)s is not a text, so it has no first letter.") % {"field": label})
        return _("First letter of %(field)s") % {"field": label}, "text"
    return label, field.type


def problems(attributes: Iterable[Attribute], catalog: Catalog, population: Population, where: str = "") -> list[Problem]:
    found: list[Problem] = []
    for attribute in attributes:
        try:
            describe(attribute, catalog, catalog.schema(population.dimension), population.extra, where)
        except SchemaError as error:
            found += error.problems
    return found


def choices(
    catalog: Catalog, schema: SchemaInfo, extra: Iterable[Column] = (), depth: int = 3, parts: bool = False
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Attributes to choose from, in groups: added columns, own fields, then those along to-one links, nearest first."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    added = [(f"@{c.alias}", c.label) for c in extra if c.type != "json"]
    if added:
        groups.append((_("Added columns"), added))
    waiting: list[tuple[tuple[str, ...], tuple[str, ...], SchemaInfo, frozenset[str]]] = [((), (), schema, frozenset({schema.name}))]
    while waiting:
        path, labels, here, seen = waiting.pop(0)
        options = [(Attribute(path, f.name).code, f.label) for f in here.fields.values()]
        if parts:
            letters = [f for f in here.fields.values() if f.kind.family == "text"]
            options += [(Attribute(path, f.name, FIRST_LETTER).code, _("First letter of %(field)s") % {"field": f.label}) for f in letters]
        groups.append((" › ".join(labels) or here.label, options))
        for link in here.links.values():
            if not link.to_many and link.target not in seen and len(path) < depth and link.target in catalog.schemas:
                waiting.append(((*path, link.name), (*labels, link.label), catalog.schema(link.target), seen | {link.target}))
    return groups


def leads_to_at_most_one(link: Link, target: SchemaInfo) -> bool:
    """Whether the joined fields identify a record there, so that a join cannot multiply rows."""
    there = {name for _here, name in link.pairs}
    return {f.name for f in target.key} <= there or any(target.field(name).unique for name in there)


def join_one(
    catalog: Catalog, from_: sa.FromClause, here: sa.FromClause, schema: SchemaInfo, step: str, name: str
) -> tuple[sa.FromClause, sa.FromClause]:
    """Follow one to-one link from the records `here` of `schema`: (the longer join, the records there)."""
    target = to_one_end(catalog, schema, [step])
    link = schema.link(step)
    there: sa.FromClause = target.table.alias(name)
    on: sa.ColumnElement[bool] = sa.and_(*(here.c[schema.field(a).column] == there.c[target.field(b).column] for a, b in link.pairs))
    if not leads_to_at_most_one(link, target):
        there = sa.select(there).where(on).order_by(*(there.c[f.column] for f in target.key)).limit(1).lateral(f"{name}_l")
        on = sa.true()
    return from_.outerjoin(there, on), there


class Joins:
    """A population and the records it leads to. Rows never multiply and never vanish: joins are outer, to at most one record."""

    def __init__(self, catalog: Catalog, population: Population, name: str = "p") -> None:
        self.catalog = catalog
        self.population = population
        self.schema = catalog.schema(population.dimension)
        self.members = population.table.alias(name)
        self.name = name
        self.from_: sa.FromClause = self.members
        self.reached: dict[tuple[str, ...], sa.FromClause] = {}

    def records(self, path: tuple[str, ...] = ()) -> sa.FromClause:
        """The record at the end of a to-one path from each member; its columns are NULL where there is none."""
        if path in self.reached:
            return self.reached[path]
        if not path:
            alias: sa.FromClause = self.schema.table.alias(f"{self.name}_r")
            pairs = zip(self.population.key, self.schema.key, strict=True)
            self.from_ = self.from_.outerjoin(alias, sa.and_(*(self.members.c[k.name] == alias.c[f.column] for k, f in pairs)))
        else:
            here = self.records(path[:-1])
            schema = to_one_end(self.catalog, self.schema, path[:-1])
            self.from_, alias = join_one(self.catalog, self.from_, here, schema, path[-1], f"{self.name}_j{len(self.reached)}")
        self.reached[path] = alias
        return alias

    def value(self, attribute: Attribute) -> sa.ColumnElement[Any]:
        if attribute.column:
            found = next((c for c in self.population.extra if c.alias == attribute.column), None)
            if found is None:
                raise UnknownReference("", _("No added column is called “%(alias)s”.") % {"alias": attribute.column})
            return self.members.c[found.name]
        end = to_one_end(self.catalog, self.schema, attribute.path)
        column: sa.ColumnElement[Any] = self.records(attribute.path).c[end.field(attribute.field).column]
        if attribute.part == FIRST_LETTER:
            return sa.func.upper(sa.func.left(sa.cast(column, sa.Text), 1))
        return column

    def member_columns(self, source: sa.FromClause | None = None) -> list[sa.ColumnElement[Any]]:
        """The population's own columns, in order."""
        table = self.members if source is None else source
        return [table.c[c.name].label(c.name) for c in self.population.columns]
