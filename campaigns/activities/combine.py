"""Combine: union, intersection or exclusion of populations."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port
from campaigns.activities.steps import Column, Exclude, Fill, Population, Step
from campaigns.attributes import column_type
from campaigns.choices import Category
from campaigns.forms import SourceField
from schemas.catalog import Catalog
from schemas.exceptions import Problem


class Method(models.TextChoices):
    UNION = "union", gettext_lazy("Union: in any of the sets")
    INTERSECTION = "intersection", gettext_lazy("Intersection: in all of the sets")
    EXCLUSION = "exclusion", gettext_lazy("Exclusion: in the primary set and in no other")


class Combine(ActivityType):
    """Make one population of several.

    - **Union** keeps every record that is in at least one set, once.
    - **Intersection** keeps the records that are in all sets. The others leave by *complement*.
    - **Exclusion** keeps the records of the *primary set* that are in no other set. The records of the primary set that
      were taken out leave by *complement*; the other sets end here.

    All sets must be of the same targeting dimension. Added columns are those of the primary set (the first one, if
    none is chosen); records that come from another set bring their values where a column has the same name and type,
    and nothing otherwise. A record that is in several sets leaves once; the rest is counted as *already in another set*.
    """

    key = "combine"
    label = gettext_lazy("Combine")
    category = Category.TARGETING
    icon = "join_inner"
    inputs = [Port("in", many=True)]
    outputs = [Port("out"), Port("complement", gettext_lazy("Complement"), optional=True, role="complement")]
    example = {"method": "intersection", "primary": ""}

    class Form(ActivityForm):
        method = forms.ChoiceField(label=gettext_lazy("Keep"), choices=Method.choices, initial=Method.UNION)
        primary = SourceField(
            label=gettext_lazy("Primary set"),
            required=False,
            help_text=gettext_lazy("Needed for an exclusion: the set from which the others are taken out."),
        )

    def ports(self, config: Mapping[str, Any]) -> tuple[list[Port], list[Port]]:
        return self.inputs, self.outputs[:1] if config.get("method", Method.UNION) == Method.UNION else self.outputs

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        sets = inputs.get("in", [])
        if len(node.sources) < 2:
            yield Problem("", _("Combine needs at least two populations."), _("Draw another arrow to it."))
        if len({p.dimension for p in sets}) > 1:
            names = ", ".join(dict.fromkeys(context.catalog.schema(p.dimension).label for p in sets))
            yield Problem(
                "",
                _("The populations are of different dimensions: %(names)s.") % {"names": names},
                _("Combine populations of one dimension."),
            )
        if node.config["method"] == Method.EXCLUSION and not node.config["primary"]:
            yield Problem("primary", _("An exclusion needs a primary set."), _("Choose the set from which the others are taken out."))

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        sets = primary_first(inputs["in"], node.config["primary"])
        return {Method.UNION: union, Method.INTERSECTION: intersection, Method.EXCLUSION: exclusion}[Method(node.config["method"])](sets)

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        method = config.get("method", Method.UNION)
        return str(Method(method).label).split(":")[0] if method in Method.values else ""


def primary_first(sets: list[Population], primary: str) -> list[Population]:
    return sorted(sets, key=lambda p: p.activity != primary) if primary else sets


def union(sets: list[Population]) -> list[Step]:
    return [fill("out", sets[0], distinct(sets, sets[0])), Exclude("in_several_sets", repeated(sets))]


def intersection(sets: list[Population]) -> list[Step]:
    first, *others = sets
    a = first.table.alias("a")
    select, everywhere = sa.select(*columns(first, a, first)), in_all(a, first, others)
    later = members_not_before(sets, first)[1:]
    return [
        fill("out", first, select.where(everywhere)),
        fill("complement", first, sa.union_all(select.where(sa.not_(everywhere)), *later)),
        Exclude("in_several_sets", repeated(sets)),
    ]


def exclusion(sets: list[Population]) -> list[Step]:
    first, *others = sets
    a = first.table.alias("a")
    select, elsewhere = sa.select(*columns(first, a, first)), in_any(a, first, others)
    ended = [sa.select(sa.func.count()).select_from(other.table.alias(f"o{n}")).scalar_subquery() for n, other in enumerate(others)]
    return [
        fill("out", first, select.where(sa.not_(elsewhere))),
        fill("complement", first, select.where(elsewhere)),
        Exclude("not_primary", sa.select(added(ended))),
    ]


# --- words of sets ----------------------------------------------------------------------------------------------


def fill(port: str, shape: Population, select: sa.Select[Any] | sa.CompoundSelect[Any]) -> Fill:
    return Fill(port, select, shape.dimension, shape.key, shape.extra)


def in_any(a: sa.FromClause, mine: Population, others: list[Population]) -> sa.Exists:
    """Whether the record of `a` is in one of the others: one semi-join, however many they are."""
    keys = [sa.select(*(b.c[c.name] for c in other.key)) for other in others for b in [other.table.alias()]]
    b = (sa.union_all(*keys) if len(keys) > 1 else keys[0]).subquery()
    same = (a.c[x.name] == b.c[y.name] for x, y in zip(mine.key, others[0].key, strict=True))
    return sa.exists(sa.select(sa.literal_column("1")).select_from(b).where(*same).correlate(a))


def in_all(a: sa.FromClause, mine: Population, others: list[Population]) -> sa.Exists:
    """Whether the record of `a` is in all the others: one semi-join with their join."""
    tables = [other.table.alias() for other in others]
    joined: sa.FromClause = tables[0]
    for other, b in zip(others[1:], tables[1:], strict=True):
        joined = joined.join(b, sa.and_(*(tables[0].c[x.name] == b.c[y.name] for x, y in zip(others[0].key, other.key, strict=True))))
    same = (a.c[x.name] == tables[0].c[y.name] for x, y in zip(mine.key, others[0].key, strict=True))
    return sa.exists(sa.select(sa.literal_column("1")).select_from(joined).where(*same).correlate(a))


def columns(population: Population, a: sa.FromClause, shape: Population) -> list[sa.ColumnElement[Any]]:
    """The columns of `shape`, as far as this population has them under the same name and of the same type."""
    own = {(c.alias, c.type): c for c in population.extra}
    extra = [value(a, own.get((c.alias, c.type)), c) for c in shape.extra]
    keys = [a.c[mine.name].label(c.name) for mine, c in zip(population.key, shape.key, strict=True)]
    return [*keys, *extra]


def value(a: sa.FromClause, mine: Column | None, wanted: Column) -> sa.ColumnElement[Any]:
    return (a.c[mine.name] if mine else sa.cast(sa.null(), column_type(wanted.type))).label(wanted.name)


def members_not_before(sets: list[Population], shape: Population) -> list[sa.Select[Any]]:
    """For each set, its records that are in no set before it."""
    found = []
    for n, population in enumerate(sets):
        a = population.table.alias(f"s{n}")
        select = sa.select(*columns(population, a, shape))
        found.append(select.where(sa.not_(in_any(a, population, sets[:n]))) if n else select)
    return found


def distinct(sets: list[Population], shape: Population) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    return sa.union_all(*members_not_before(sets, shape))


def repeated(sets: list[Population]) -> sa.Select[Any]:
    """How many rows are of records that a set before has already."""
    counts = []
    for n, population in enumerate(sets[1:], start=1):
        a = population.table.alias(f"s{n}")
        before = in_any(a, population, sets[:n])
        counts.append(sa.select(sa.func.count()).select_from(a).where(before).scalar_subquery())
    return sa.select(added(counts))


def added(counts: list[Any]) -> sa.ColumnElement[int]:
    total = counts[0]
    for count in counts[1:]:
        total = total + count
    return total
