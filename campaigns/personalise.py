"""Personalise: from the names that a content uses to the SQL that gathers just those values for each message."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _

from campaigns.activities.steps import Column, Population
from campaigns.attributes import Joins, to_one_end
from campaigns.json_values import json_object, json_value
from campaigns.template_language import SPECIAL, Name, without_special
from schemas.catalog import Catalog, Clock, SchemaInfo
from schemas.choices import FieldRole
from schemas.exceptions import Problem, SchemaError

RECORDS = "records"  # all rows behind one message, as a list
Tree = dict[str, Any]  # name → (column, type) or another tree


class Values:
    """What a content may call by name, on one population: the recipient, the row's own record, and added columns."""

    def __init__(self, catalog: Catalog, population: Population, recipient_path: Iterable[str]) -> None:
        self.catalog = catalog
        self.path = tuple(recipient_path)
        self.joins = Joins(catalog, population)
        self.schema = self.joins.schema
        self.recipient = to_one_end(catalog, self.schema, self.path)
        self.added: Mapping[str, Column] = {c.alias: c for c in population.extra}

    def root(self, name: str) -> tuple[tuple[str, ...], SchemaInfo] | None:
        """Where a schema's name leads: (path from the row's record, schema). The recipient comes first."""
        if name == self.recipient.name:
            return self.path, self.recipient
        return ((), self.schema) if name == self.schema.name else None

    def place(self, tree: Tree, name: Name, column: Any) -> None:
        for part in name[:-1]:
            tree = tree.setdefault(part, {})
        tree[name[-1]] = column

    def find(self, tree: Tree, name: Name) -> None:
        """Put one name's column into the tree; raises when there is no such value."""
        root = self.root(name[0])
        if root:
            self.find_field(tree, name, *root)
        elif name[0] in self.added:
            column = self.added[name[0]]
            if len(name) > 1 and column.type != "json" and name[1] not in SPECIAL:
                raise SchemaError(
                    Problem(
                        "",
                        _("“%(name)s” is one value and has no parts.") % {"name": name[0]},
                        _("Write {{ %(name)s }}.") % {"name": name[0]},
                    )
                )
            self.place(tree, name[:1], (self.joins.members.c[column.name], column.type))
        else:
            known = sorted({self.recipient.name, self.schema.name, *self.added})
            hint = _("Known names: %(names)s.") % {"names": ", ".join(known)}
            raise SchemaError(Problem("", _("Nothing is called “%(name)s” here.") % {"name": name[0]}, hint))

    def find_field(self, tree: Tree, name: Name, path: tuple[str, ...], schema: SchemaInfo) -> None:
        *links, field_name = without_special(name[1:]) or ("",)
        if not field_name:
            hint = _("Add a field, such as %(example)s.") % {"example": f"{name[0]}.{next(iter(schema.fields), '')}"}
            raise SchemaError(Problem("", _("“%(name)s” is a whole record.") % {"name": ".".join(name)}, hint))
        end = to_one_end(self.catalog, schema, links)
        if field_name in end.links and field_name not in end.fields:
            link = end.links[field_name]
            text = _("“%(name)s” leads to many records.") if link.to_many else _("“%(name)s” is a whole record.")
            raise SchemaError(
                Problem("", text % {"name": ".".join(name)}, _("Add one of its fields, or collect the records with Enrich first."))
            )
        field = end.field(field_name)
        self.place(tree, (name[0], *links, field_name), (self.joins.records((*path, *links)).c[field.column], field.type))

    def trees(self, names: Iterable[Name]) -> tuple[Tree, Tree, bool, list[Problem]]:
        """(values by name, values of each entry of `records`, whether records are used, what is unknown)."""
        tree: Tree = {}
        record: Tree = {}
        problems: list[Problem] = []
        listed = False
        for name in names:
            try:
                if name[0] == RECORDS and RECORDS not in self.added:
                    listed = True
                    self.find_in_records(record, without_special(name[1:]))
                else:
                    self.find(tree, name)
            except SchemaError as error:
                problems += [Problem(".".join(name), p.text, p.hint) for p in error.problems]
        return tree, record, listed, problems

    def find_in_records(self, record: Tree, name: Name) -> None:
        """An entry of `records` is the row's own record, with the added columns beside its fields."""
        if not name:
            return
        if name[0] in self.added:
            self.find(record, name)
            return
        inner: Tree = {}
        self.find_field(inner, (self.schema.name, *name), (), self.schema)
        merge(record, inner[self.schema.name])

    def address(self) -> sa.ColumnElement[Any] | None:
        field = self.recipient.by_role(FieldRole.EMAIL)
        return self.joins.records(self.path).c[field.column] if field else None

    def consent(self) -> sa.ColumnElement[Any] | None:
        field = self.recipient.by_role(FieldRole.EMAIL_CONSENT)
        return self.joins.records(self.path).c[field.column] if field else None

    def recipient_key(self) -> list[sa.ColumnElement[Any]]:
        records = self.joins.records(self.path)
        return [records.c[f.column] for f in self.recipient.key]


def merge(tree: Tree, other: Tree) -> None:
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(tree.get(name), dict):
            merge(tree[name], value)
        else:
            tree[name] = value


def as_json(tree: Tree, clock: Clock) -> sa.ColumnElement[Any]:
    """The tree as one JSON object."""
    return json_object(
        {name: as_json(value, clock) if isinstance(value, dict) else json_value(value[0], value[1], clock) for name, value in tree.items()}
    )


def unknown_names(names: Iterable[Name], catalog: Catalog, population: Population, recipient_path: Iterable[str]) -> list[Problem]:
    """Every name that the message could not be given; before launch, not while sending."""
    return Values(catalog, population, recipient_path).trees(names)[3]


def consent_now(recipient: SchemaInfo) -> sa.Select[Any] | None:
    """Asks again whether one recipient agrees; :k_1, :k_2, … are the recipient's key."""
    field = recipient.by_role(FieldRole.EMAIL_CONSENT)
    if field is None:
        return None
    table = recipient.table.alias("now")
    key = (table.c[f.column] == sa.bindparam(f"k_{n}", type_=f.sql_type) for n, f in enumerate(recipient.key, start=1))
    return sa.select(table.c[field.column]).where(*key)
