"""Deduplicate: one record, or a few, of those that are alike."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.activities.base import ActivityForm, ActivityType, Context, Node, Port, order_by_chance
from campaigns.activities.steps import Fill, Population, Step
from campaigns.attributes import FIRST_LETTER, Attribute, Joins, describe
from campaigns.choices import Category
from campaigns.forms import AttributeField, AttributesField
from schemas.catalog import Catalog
from schemas.exceptions import Problem
from schemas.field_types import TYPES

MOST = 10_000


class Method(models.TextChoices):
    CHANCE = "chance", gettext_lazy("By chance")
    HIGHEST = "highest", gettext_lazy("The highest value first")
    LOWEST = "lowest", gettext_lazy("The lowest value first")
    NON_EMPTY = "non_empty", gettext_lazy("Those with a value first")


class Deduplicate(ActivityType):
    """Keep one of the records that are alike.

    Records are alike when they have the same values in all the chosen **fields**: fields of their own, of a record they
    lead to, or the first letter of a text. E-mail addresses are compared without regard to upper and lower case.

    **Keep** says how many of each kind stay, and **method** which: by chance (the same in every repetition of a
    run), the highest or lowest value of a field, or first those in which a field is filled in. Ties are broken by chance.
    The others leave by *duplicates*.

    A record in which one of the chosen fields has no value is like no other, and is kept.
    """

    key = "deduplicate"
    label = gettext_lazy("Deduplicate")
    category = Category.TARGETING
    icon = "filter_1"
    outputs = [Port("out"), Port("duplicates", gettext_lazy("Duplicates"), optional=True, role="complement")]
    example = {"fields": [{"path": [], "field": "email"}], "keep": 1, "method": "lowest", "by": {"path": [], "field": "created_at"}}

    class Form(ActivityForm):
        fields_ = AttributesField(label=gettext_lazy("Fields that make records alike"), parts=True)
        keep = forms.IntegerField(
            label=gettext_lazy("Keep"), min_value=1, max_value=MOST, initial=1, help_text=gettext_lazy("So many of each kind.")
        )
        method = forms.ChoiceField(label=gettext_lazy("Which to keep"), choices=Method.choices, initial=Method.CHANCE)
        by = AttributeField(label=gettext_lazy("Value that decides"), required=False)

    Form.base_fields = {
        ("fields" if name == "fields_" else name): field for name, field in Form.base_fields.items()
    }  # `fields` is taken in a form

    def problems(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> Iterable[Problem]:
        if node.config["method"] != Method.CHANCE and not node.config["by"]:
            yield Problem("by", _("The method needs a value that decides."), _("Choose a field, or let chance decide."))

    def compile(self, node: Node, inputs: Mapping[str, list[Population]], context: Context) -> list[Step]:
        (population,) = inputs["in"]
        ranked = rank(population, node, context)
        kept = sa.or_(ranked.c.place <= sa.literal(node.config["keep"], sa.Integer), ranked.c.unlike)
        columns = [ranked.c[c.name] for c in population.columns]
        same = (population.dimension, population.key, population.extra)
        return [Fill("out", sa.select(*columns).where(kept), *same), Fill("duplicates", sa.select(*columns).where(sa.not_(kept)), *same)]

    def summary(self, config: Mapping[str, Any], catalog: Catalog) -> str:
        fields = config.get("fields")
        return ", ".join(Attribute.read(f).code for f in fields[:3]) if isinstance(fields, list) else ""


def rank(population: Population, node: Node, context: Context) -> sa.FromClause:
    """Members with their place among those like them, and whether they are like no other."""
    joins = Joins(context.catalog, population)
    alike = [comparable(joins, Attribute.read(f), population) for f in node.config["fields"]]
    order = [*preference(joins, node), order_by_chance(f"{context.seed}:{node.uid}", [joins.members.c[c.name] for c in population.key])]
    place = sa.func.row_number().over(partition_by=alike, order_by=order).label("place")
    unlike = sa.or_(*(value.is_(None) for value in alike)).label("unlike")
    return sa.select(*joins.member_columns(), place, unlike).select_from(joins.from_).subquery("ranked")


def comparable(joins: Joins, attribute: Attribute, population: Population) -> sa.ColumnElement[Any]:
    """The value as it is compared: an empty text is no value, an address has no case."""
    _label, type = describe(attribute, joins.catalog, joins.schema, population.extra)
    value = joins.value(attribute)
    if type == "json" or TYPES[type].family != "text":
        return value
    if type == "email" and attribute.part != FIRST_LETTER:
        value = sa.func.lower(value)
    return sa.func.nullif(sa.func.btrim(value), sa.literal_column("''"))


def preference(joins: Joins, node: Node) -> list[sa.ColumnElement[Any]]:
    method = node.config["method"]
    if method == Method.CHANCE:
        return []
    value = joins.value(Attribute.read(node.config["by"]))
    if method == Method.HIGHEST:
        return [value.desc().nulls_last()]
    if method == Method.LOWEST:
        return [value.asc().nulls_last()]
    return [sa.case((sa.func.coalesce(sa.cast(value, sa.Text), sa.literal_column("''")) == sa.literal_column("''"), 1), else_=0)]
