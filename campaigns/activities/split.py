"""Split: parts of a population, in order."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port, order_by_chance
from campaigns.activities.steps import Fill, Population, Step
from campaigns.attributes import Attribute, Joins, problems
from campaigns.choices import Category
from campaigns.list_fields import MAX_SUBSETS, SubsetsField
from schemas import rules
from schemas.catalog import Catalog
from schemas.exceptions import Problem, SchemaError, about

NOBODY = 0  # the subset of those who are in none


class Split(ActivityType):
    """Divide a population into subsets, each with an arrow of its own.

    The subsets are filled **in order**: each takes what its rule selects from those that the subsets before left over.
    With a **limit**, a subset takes exactly so many records, or so many percent *of the records that meet its rule among
    all that arrive*: two subsets of 50 % without a rule are halves. Who is within the limit is decided by the
    sorting, or by chance; the same run always draws the same lots.

    Whoever is in no subset leaves by *complement*: a control group, or the rest.
    """

    key = "split"
    label = gettext_lazy("Split")
    category = Category.TARGETING
    icon = "call_split"
    example = {
        "subsets": [
            {
                "label": "Paris", "limit_kind": "number", "limit": 2, "sort": {"path": [], "field": "created_at", "direction": "desc"},
                "rule": {
                    "kind": "group", "op": "and", "not": False,
                    "items": [{"kind": "condition", "path": [], "field": "city", "op": "eq", "value": "Paris"}],
                },
            },
            {"label": "Half", "rule": None, "limit_kind": "percent", "limit": 50, "sort": None},
        ]
    }  # fmt: skip

    class Form(ActivityForm):
        subsets = SubsetsField(label=gettext_lazy("Subsets"), help_text=gettext_lazy("Filled in order; the rest leaves by the complement."))

    def ports(self, config: Mapping[str, Any]) -> tuple[list[Port], list[Port]]:
        subsets = config.get("subsets")
        named = [s for s in subsets if isinstance(s, Mapping)][:MAX_SUBSETS] if isinstance(subsets, list) else []
        outputs = [Port(f"out_{n}", s.get("label") or _("Subset %(n)s") % {"n": n}, optional=True) for n, s in enumerate(named, start=1)]
        return self.inputs, [*outputs, Port("complement", gettext_lazy("Complement"), optional=True, role="complement")]

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        if not node.config["subsets"]:
            yield Problem("subsets", _("There is no subset yet."), _("Add at least one."))
        percents = sum(s["limit"] for s in node.config["subsets"] if s["limit_kind"] == "percent" and not s["rule"])
        if percents > 100:
            yield Problem(
                "subsets",
                _("The percentages add up to %(sum)s.") % {"sum": percents},
                _("The last subsets will get less than they ask for."),
                "warning",
            )
        arriving = inputs.get("in")
        if not arriving:
            return
        joins = Joins(context.catalog, arriving[0])
        for subset in node.config["subsets"]:
            if subset["sort"]:
                yield from problems([Attribute.read(subset["sort"])], context.catalog, arriving[0], "subsets")
            try:
                rules.condition_of(subset["rule"] or EVERYBODY, joins.schema, context.catalog, joins.records(), context.clock)
            except SchemaError as error:
                for problem in error.problems:
                    yield Problem("subsets", about(subset["label"], problem.text), problem.hint)

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        (population,) = inputs["in"]
        subsets = node.config["subsets"]
        ports = [*range(1, len(subsets) + 1), NOBODY]
        return [
            Fill(
                f"out_{n}" if n else "complement", part(population, subsets[:n] if n else subsets, n, node, context),
                population.dimension, population.key, population.extra,
            )
            for n in ports
        ]  # fmt: skip

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        count = len(self.ports(config)[1]) - 1
        return ngettext("%(count)s subset", "%(count)s subsets", count) % {"count": count}


EVERYBODY: dict[str, Any] = {"kind": "group", "op": "and", "not": False, "items": []}


def part(population: Population, subsets: list[dict[str, Any]], wanted: int, node: Node, context: Context) -> sa.Select[Any]:
    """The members of one subset. Only the subsets up to it are worked out; the complement needs them all."""
    stage = prepared(population, subsets, node, context)
    for n, subset in enumerate(subsets, start=1):
        stage = assign(stage, subset, n)
    return sa.select(*(stage.c[c.name] for c in population.columns)).where(stage.c.subset == wanted)


def prepared(population: Population, subsets: list[dict[str, Any]], node: Node, context: Context) -> sa.FromClause:
    """Members with, for each subset, whether its rule is met and their place in its order."""
    joins = Joins(context.catalog, population)
    chance = order_by_chance(f"{context.seed}:{node.uid}", [joins.members.c[c.name] for c in population.key])
    columns: list[sa.ColumnElement[Any]] = [*joins.member_columns(), sa.literal_column("0").label("subset"), chance.label("chance")]
    for n, subset in enumerate(subsets, start=1):
        columns.append(met(joins, subset, context).label(f"met_{n}"))
        if subset["sort"]:
            columns.append(joins.value(Attribute.read(subset["sort"])).label(f"sort_{n}"))
    return sa.select(*columns).select_from(joins.from_).subquery("stage_0")


def met(joins: Joins, subset: dict[str, Any], context: Context) -> sa.ColumnElement[bool]:
    if not subset["rule"]:
        return sa.true()
    records = joins.records()
    truth = rules.condition_of(subset["rule"], joins.schema, context.catalog, records, context.clock)
    there = records.c[joins.schema.key[0].column].is_not(None)  # a record deleted since meets nothing
    return sa.func.coalesce(sa.and_(there, truth), sa.false())


def assign(stage: sa.FromClause, subset: dict[str, Any], n: int) -> sa.FromClause:
    """The same members with subset n filled from those that are in none yet."""
    met, free = stage.c[f"met_{n}"], stage.c.subset == NOBODY
    others = [c for c in stage.c if c.name not in ("subset", f"met_{n}", f"sort_{n}")]
    if subset["limit_kind"] == "none":
        taken = sa.and_(free, met)
    else:
        order: list[Any] = [stage.c.chance]
        if subset["sort"]:
            value = stage.c[f"sort_{n}"]
            order.insert(0, value.desc().nulls_last() if subset["sort"]["direction"] == "desc" else value.asc().nulls_last())
        place = sa.func.row_number().over(partition_by=sa.and_(free, met), order_by=order)
        taken = sa.and_(free, met, place <= limit(stage, subset, met))
    # Window functions are not allowed in WHERE, and are in a column: hence a stage for each subset.
    return sa.select(*others, sa.case((taken, sa.literal(n, sa.Integer)), else_=stage.c.subset).label("subset")).subquery(f"stage_{n}")


def limit(stage: sa.FromClause, subset: dict[str, Any], met: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    if subset["limit_kind"] == "number":
        return sa.literal(subset["limit"], sa.BigInteger)
    those = sa.func.count().filter(met).over()
    return sa.func.round(sa.cast(those, sa.Numeric) * sa.literal(str(subset["limit"]), sa.Numeric) / 100)
