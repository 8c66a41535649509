"""Build audience: who enters the campaign."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port, key_columns
from campaigns.activities.steps import Consider, Exclude, Fill, Population, Step
from campaigns.attributes import Joins
from campaigns.choices import Category
from campaigns.forms import AudienceRuleField, DimensionField
from schemas import rules
from schemas.catalog import Catalog
from schemas.exceptions import Problem


class BuildAudience(ActivityType):
    """Select the records that the campaign is about.

    Build a **rule**: the schema it starts from is the *targeting dimension*, and each record that meets the rule leaves
    by the outgoing arrow once. An empty rule selects every record.

    Placed behind another activity it filters: those who arrive and do not meet the rule are counted as *does not match
    the rule*. The dimension must then be the one that arrives.
    """

    key = "build_audience"
    label = gettext_lazy("Build audience")
    category = Category.TARGETING
    icon = "group_add"
    inputs = [Port("in", optional=True)]
    example = {
        "dimension": "customer",
        "rule": {
            "version": 1,
            "schema": "customer",
            "where": {
                "kind": "group", "op": "and", "not": False,
                "items": [{"kind": "condition", "path": [], "field": "city", "op": "eq", "value": "Paris"}],
            },
        }
    }  # fmt: skip

    class Form(ActivityForm):
        dimension = DimensionField(
            label=gettext_lazy("Targeting dimension"),
            required=False,
            help_text=gettext_lazy("What the campaign is about: one row for each."),
        )
        rule = AudienceRuleField(
            label=gettext_lazy("Rule"),
            dimension="dimension",
            required=False,
            help_text=gettext_lazy("Which records are selected. An empty rule selects all."),
        )

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            rule = self.initial.get("rule")
            if isinstance(rule, Mapping) and not self.initial.get("dimension"):
                self.initial["dimension"] = rule.get("schema", "")  # else the builder would not know what to draw the rule on
            if self.inbound:
                del self.fields["dimension"]

        def clean(self) -> dict[str, Any]:
            """The rule names the dimension; without a rule, the dimension alone selects all."""
            cleaned: dict[str, Any] = super().clean() or self.cleaned_data
            if "rule" not in cleaned:
                return cleaned
            rule, chosen = cleaned["rule"], cleaned.get("dimension") or (self.inbound.dimension if self.inbound else "")
            if not rule and not chosen:
                self.add_error("rule", _("Choose what the audience is made of."))
            elif not rule:
                cleaned["rule"] = everybody(chosen)
            elif not self.inbound and chosen and rule["schema"] != chosen:
                self.add_error("rule", _("The rule is about other records than the targeting dimension. Draw it again."))
            cleaned["dimension"] = (cleaned.get("rule") or {}).get("schema", chosen)
            return cleaned

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        arriving = inputs.get("in")
        if arriving and arriving[0].dimension != node.config["dimension"]:
            labels = {
                "rule": context.catalog.schema(node.config["dimension"]).label,
                "inbound": context.catalog.schema(arriving[0].dimension).label,
            }
            yield Problem(
                "rule",
                _("The rule is about %(rule)s, but %(inbound)s arrive here.") % labels,
                _("Build the rule on the records that arrive."),
            )

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        arriving = inputs.get("in")
        if arriving:
            return filtered(node.config["rule"], arriving[0], context)
        schema = context.catalog.schema(node.config["rule"]["schema"])
        table = schema.table.alias("t")
        looked_at = sa.select(sa.func.count()).select_from(table)
        met = rules.condition(node.config["rule"], context.catalog, table, context.clock)
        return [
            Consider(looked_at),
            Fill("out", rules.population(node.config["rule"], context.catalog, context.clock), schema.name, key_columns(schema)),
            Exclude("rule_not_met", looked_at.where(met.is_not(sa.true()))),
        ]

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        rule = config.get("rule")
        name = rule.get("schema") if isinstance(rule, Mapping) else config.get("dimension")
        return catalog.schemas[name].label if isinstance(name, str) and name in catalog.schemas else ""


def everybody(schema: str) -> dict[str, Any]:
    return {"version": 1, "schema": schema, "where": {"kind": "group", "op": "and", "not": False, "items": []}}


def filtered(rule: dict[str, Any], arriving: Population, context: Context) -> list[Step]:
    joins = Joins(context.catalog, arriving)
    records = joins.records()
    first_key = records.c[joins.schema.key[0].column]
    met = sa.and_(
        first_key.is_not(None), rules.condition(rule, context.catalog, records, context.clock)
    )  # a record deleted since meets nothing
    return [
        Fill(
            "out", sa.select(*joins.member_columns()).select_from(joins.from_).where(met), arriving.dimension, arriving.key, arriving.extra
        ),
        Exclude("rule_not_met", sa.select(sa.func.count()).select_from(joins.from_).where(met.is_not(sa.true()))),
    ]
