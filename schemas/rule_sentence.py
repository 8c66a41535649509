"""A rule as a sentence that a person can read aloud and agree with, in the reader's language."""

import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schemas.catalog import Catalog
from schemas.rule_tree import Condition, Group, Linked, Node, Relative
from schemas.rule_words import operator_label
from schemas.rules import parse

MOST_VALUES = 3  # of a list; the rest is a number


def sentence(rule: Any, catalog: Catalog) -> str:
    """The whole rule in words; RuleError where it cannot be read."""
    schema, group = parse(rule, catalog)
    if not group.items:
        return _("%(schema)s: all records.") % {"schema": schema.label}
    return _("%(schema)s where %(conditions)s.") % {"schema": schema.label, "conditions": group_words(group, outermost=True)}


def group_words(group: Group, outermost: bool = False) -> str:
    words = [node_words(item) for item in group.items]
    joined = (_(" and ") if group.op == "and" else _(" or ")).join(words)
    if group.negated:
        return _("not (%(conditions)s)") % {"conditions": joined}
    return joined if outermost or len(words) == 1 else f"({joined})"


def node_words(node: Node) -> str:
    if isinstance(node, Group):
        return group_words(node)
    return condition_words(node) if isinstance(node, Condition) else linked_words(node)


def condition_words(node: Condition) -> str:
    place = " › ".join([*(link.label for link, _schema in node.steps), node.field.label])
    return compared(place, node.op, node.value, node.field.type)


def linked_words(node: Linked) -> str:
    words = figure_words(node, " › ".join(link.label for link, _schema in node.steps))
    if not node.where.items:
        return words
    return _("%(records)s where [%(conditions)s]") % {"records": words, "conditions": group_words(node.where, outermost=True)}


def figure_words(node: Linked, records: str) -> str:
    if node.quantifier == "any":
        return _("there is at least one record in “%(records)s”") % {"records": records}
    if node.quantifier == "none":
        return _("there is no record in “%(records)s”") % {"records": records}
    return compared(figure_name(node, records), node.op, node.value, node.type)


def figure_name(node: Linked, records: str) -> str:
    values = {"records": records, "field": node.field.label if node.field else ""}
    names = {
        "count": _("the number of records in “%(records)s”"),
        "sum": _("the total of %(field)s in “%(records)s”"),
        "avg": _("the average of %(field)s in “%(records)s”"),
        "min": _("the lowest %(field)s in “%(records)s”"),
        "max": _("the highest %(field)s in “%(records)s”"),
    }
    return names[node.quantifier] % values


# --- values -----------------------------------------------------------------------------------------------------


def compared(what: str, op: str, value: Any, type: str) -> str:
    words = {"what": what, "comparison": operator_label(op, type), "value": "" if value is None else operand(value)}
    return (_("%(what)s %(comparison)s") if value is None else _("%(what)s %(comparison)s %(value)s")) % words


def operand(value: Any) -> str:
    if isinstance(value, Relative):
        return relative_words(value)
    if isinstance(value, tuple):
        return _("%(low)s and %(high)s") % {"low": one(value[0]), "high": one(value[1])}
    if not isinstance(value, list):
        return one(value)
    words = ", ".join(one(item) for item in value[:MOST_VALUES])
    more = len(value) - MOST_VALUES
    return words if more <= 0 else ngettext("%(values)s and %(n)s more", "%(values)s and %(n)s more", more) % {"values": words, "n": more}


def relative_words(value: Relative) -> str:
    n = value.amount
    words = {
        "day": ngettext("%(n)s day", "%(n)s days", n),
        "week": ngettext("%(n)s week", "%(n)s weeks", n),
        "month": ngettext("%(n)s month", "%(n)s months", n),
        "year": ngettext("%(n)s year", "%(n)s years", n),
    }
    return words[value.unit] % {"n": n}


def one(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return f"{formats.date_format(value.date(), 'DATE_FORMAT')} {value.strftime('%H:%M')}"
    if isinstance(value, datetime.date):
        return formats.date_format(value, "DATE_FORMAT")
    return f"“{value}”" if isinstance(value, str) else str(value)
