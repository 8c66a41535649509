"""ActivityType: what a box can be. Each type is one file in this folder; dropping it in is the registration."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from django import forms

import campaigns.activities
from campaigns.activities.steps import Column, Population, Step
from schemas.catalog import Catalog, Clock, SchemaInfo
from schemas.discovery import found_in
from schemas.exceptions import Problem

COMPLEMENT = "complement"


@dataclass(frozen=True)
class Port:
    """Where a transition enters or leaves. `many`: an input that takes several transitions."""

    key: str
    label: Any = ""
    many: bool = False
    optional: bool = False
    role: str = "main"  # or "complement": counted apart in rows in = rows out + complement + excluded

    def as_dict(self) -> dict[str, Any]:
        return {"key": self.key, "label": str(self.label), "many": self.many, "optional": self.optional, "role": self.role}


@dataclass(frozen=True)
class Node:
    """A box as its type sees it: its cleaned config and nothing of the database.

    `sources` names the boxes that lead into it, in the order of their transitions: (uid, label).
    """

    uid: str
    kind: str
    label: str
    config: Mapping[str, Any]
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Context:
    """What compiling may know besides the box: the descriptions, the run's clock and its seed."""

    catalog: Catalog
    clock: Clock
    seed: str


class ActivityForm(forms.Form):
    """The side panel of a type. Its cleaned data is the box's config, so fields must clean to JSON values.

    `catalog` and `inputs` (populations by port, without data) let choices depend on what flows in.
    """

    def __init__(
        self, *args: Any, catalog: Catalog, inputs: Mapping[str, list[Population]], sources: Iterable[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        self.catalog, self.inputs, self.sources = catalog, inputs, list(sources)
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if hasattr(field, "connect"):
                field.connect(self)  # fields of campaigns.forms and campaigns.list_fields offer what flows in

    @property
    def inbound(self) -> Population | None:
        """The first population that flows in, or None while nothing is connected."""
        return next((p for populations in self.inputs.values() for p in populations), None)

    def resolved(self) -> dict[str, Any]:
        """The config as `compile` sees it: the cleaned data, with references looked up."""
        return dict(self.cleaned_data)


class ActivityType:
    """One kind of box.

    Subclasses give the class attributes and `compile`; the docstring is the help page: its first line is the tooltip.
    """

    key: ClassVar[str]
    label: ClassVar[Any]
    category: ClassVar[str]
    icon: ClassVar[str]  # a Material Symbols name
    inputs: ClassVar[list[Port]] = [Port("in")]
    outputs: ClassVar[list[Port]] = [Port("out")]
    example: ClassVar[dict[str, Any]]  # a config that works on the small world of tests
    copies: ClassVar[bool] = False  # each output carries the whole input (Fork)
    Form: ClassVar[type[ActivityForm]] = ActivityForm

    def ports(self, config: Mapping[str, Any]) -> tuple[list[Port], list[Port]]:
        """Inputs and outputs of one box; types with a variable number of outputs override this."""
        return self.inputs, self.outputs

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        """What the form alone cannot see."""
        return ()

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        """Steps for the engine. Pure: no query, no clock of its own, no randomness."""
        raise NotImplementedError

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        """One short line for the box on the canvas."""
        return ""


@cache
def registry() -> dict[str, ActivityType]:
    """All types by key, found by importing every file of this folder."""
    return found_in(campaigns.activities, ActivityType)


def kind_choices() -> list[tuple[str, Any]]:
    """Callable, so that a new type needs no migration."""
    return [(key, kind.label) for key, kind in registry().items()]


# --- words that several types share ---------------------------------------------------------------------------------


def key_columns(schema: SchemaInfo) -> tuple[Column, ...]:
    """The key of a population of this schema: k_1, k_2, …"""
    return tuple(Column(f"k_{n}", f.name, f.label, f.type) for n, f in enumerate(schema.key, start=1))


def added_column(alias: str, label: str, type: str) -> Column:
    """A column that an activity adds; the physical name is made from the alias, so no user's word reaches SQL."""
    return Column("x_" + hashlib.sha256(alias.encode()).hexdigest()[:12], alias, label, type)


def order_by_chance(seed: str, columns: Iterable[sa.ColumnElement[Any]]) -> sa.ColumnElement[str]:
    """An order that looks random, and is the same for the same seed and key."""
    parts = [sa.cast(c, sa.Text) for c in columns]
    return sa.func.md5(sa.func.concat_ws("|", sa.cast(sa.literal(seed), sa.Text), *parts))


def join_schema(
    population: Population, schema: SchemaInfo, population_table: sa.FromClause | None = None
) -> tuple[sa.FromClause, sa.FromClause, sa.FromClause]:
    """The population joined to its records: (join, population alias, record alias)."""
    members = (population_table if population_table is not None else population.table).alias("p")
    records = schema.table.alias("r")
    on = sa.and_(*(members.c[k.name] == records.c[f.column] for k, f in zip(population.key, schema.key, strict=True)))
    return members.join(records, on), members, records
