"""The words of rules on screens: operators, quantifiers and units, in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from schemas.catalog import Catalog, FieldInfo, SchemaInfo
from schemas.field_types import TYPES
from schemas.rule_tree import ARITY, FAMILIES, MAX_DEPTH, MAX_LINKED, MAX_LIST, MAX_TEXT, QUANTIFIERS, UNITS, linked_operators

OPERATORS = {
    "eq": _("is"), "ne": _("is not"), "lt": _("is less than"), "le": _("is at most"), "gt": _("is more than"), "ge": _("is at least"),
    "between": _("is between"), "in": _("is one of"), "not_in": _("is none of"), "contains": _("contains"), "not_contains": _("does not contain"),
    "starts_with": _("begins with"), "ends_with": _("ends with"), "empty": _("is empty"), "not_empty": _("is not empty"),
    "is_true": _("is yes"), "is_false": _("is no"), "within_last": _("is within the last"), "not_within_last": _("is not within the last"),
    "within_next": _("is within the next"), "today": _("is today"),
}  # fmt: skip
DATE_OPERATORS = {"lt": _("is before"), "le": _("is on or before"), "gt": _("is after"), "ge": _("is on or after")}
QUANTIFIER_LABELS = {
    "any": _("there is at least one"), "none": _("there is none"), "count": _("the number"), "sum": _("the total of"),
    "avg": _("the average of"), "min": _("the lowest"), "max": _("the highest"),
}  # fmt: skip
UNIT_LABELS = {"day": _("days"), "week": _("weeks"), "month": _("months"), "year": _("years")}


def operator_label(op: str, type: str) -> str:
    in_time = TYPES[type].family in ("date", "datetime", "time")
    return str(DATE_OPERATORS.get(op, OPERATORS[op]) if in_time else OPERATORS[op])


def as_choices(operators: tuple[str, ...], type: str) -> list[dict[str, str]]:
    return [{"key": op, "label": operator_label(op, type), "arity": ARITY[op]} for op in operators]


def for_screen(catalog: Catalog) -> dict[str, Any]:
    """Everything the rule builder needs to know, as JSON."""
    return {
        "schemas": {name: schema_words(schema, catalog) for name, schema in catalog.schemas.items()},
        "types": {
            key: {
                "label": str(kind.label),
                "family": kind.family,
                "operators": as_choices(kind.operators, key),
                "figures": [quantifier for quantifier in QUANTIFIERS if kind.family in FAMILIES.get(quantifier, ())],
                "figure_operators": as_choices(linked_operators(key), key),
            }
            for key, kind in TYPES.items()
        },
        "quantifiers": [{"key": key, "label": str(QUANTIFIER_LABELS[key])} for key in QUANTIFIERS],
        "units": [{"key": key, "label": str(label), "max": UNITS[key]} for key, label in UNIT_LABELS.items()],
        "limits": {"depth": MAX_DEPTH, "linked": MAX_LINKED, "list": MAX_LIST, "text": MAX_TEXT},
    }


def schema_words(schema: SchemaInfo, catalog: Catalog) -> dict[str, Any]:
    links = [link for link in schema.links.values() if link.target in catalog.schemas]
    return {
        "label": schema.label,
        "targetable": schema.targetable,
        "key": [field.name for field in schema.key],
        "fields": [field_words(field) for field in schema.fields.values()],
        "links": [
            {"name": x.name, "label": x.label, "target": x.target, "target_label": catalog.schemas[x.target].label, "to_many": x.to_many}
            for x in links
        ],
    }


def field_words(field: FieldInfo) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "choices": list(field.choices),
        "personal": field.personal,
        "key": field.key_position,
    }
