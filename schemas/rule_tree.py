"""Reading a rule: from JSON that anybody may have written to typed values, with every mistake told at its place.

Whatever cannot be read completely is not read at all: extra keys, unknown operators, values of another type, references
to what is not published. So the compiler meets only rules that mean something.
"""

import datetime
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from schemas.catalog import Catalog, FieldInfo, Link, SchemaInfo
from schemas.exceptions import Problem, SchemaError
from schemas.field_types import TYPES

VERSION = 1
MAX_DEPTH = 64  # groups within groups
MAX_LINKED = 12  # linked records within linked records
MAX_NODES = 5_000
MAX_LIST = 1_000_000
MAX_TEXT = 10_000
MAX_PROBLEMS = 100  # more would not be read

ARITY = {
    "eq": "one", "ne": "one", "lt": "one", "le": "one", "gt": "one", "ge": "one",
    "contains": "one", "not_contains": "one", "starts_with": "one", "ends_with": "one",
    "in": "list", "not_in": "list", "between": "range",
    "within_last": "relative", "not_within_last": "relative", "within_next": "relative",
    "today": "none", "empty": "none", "not_empty": "none", "is_true": "none", "is_false": "none",
}  # fmt: skip
UNITS = {"day": 365_000, "week": 52_000, "month": 12_000, "year": 1_000}  # with the largest amount of each
QUANTIFIERS = ("any", "none", "count", "sum", "avg", "min", "max")
NUMBER_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "between")
DATE_COMPARISONS = (*NUMBER_COMPARISONS, "within_last", "not_within_last", "within_next", "today")
FAMILIES = {"sum": ("number",), "avg": ("number",), "min": ("number", "date", "datetime"), "max": ("number", "date", "datetime")}
Steps = tuple[tuple[Link, SchemaInfo], ...]


@dataclass(frozen=True)
class Relative:
    """An amount of whole days, weeks, months or years from today."""

    amount: int
    unit: str


@dataclass(frozen=True)
class Condition:
    """One comparison of a field, found over to-one links."""

    steps: Steps
    field: FieldInfo
    op: str
    value: Any


@dataclass(frozen=True)
class Linked:
    """A question about the records at the end of a path. `type` is that of the number or date compared."""

    start: SchemaInfo
    steps: Steps
    quantifier: str
    field: FieldInfo | None
    op: str
    value: Any
    where: "Group"

    @property
    def end(self) -> SchemaInfo:
        return self.steps[-1][1]

    @property
    def type(self) -> str:
        return linked_type(self.quantifier, self.field)


@dataclass(frozen=True)
class Group:
    op: str
    negated: bool
    items: tuple["Group | Condition | Linked", ...]


Node = Group | Condition | Linked


def linked_type(quantifier: str, field: FieldInfo | None) -> str:
    if quantifier == "count":
        return "big_integer"
    return field.type if field and quantifier in ("min", "max") else "decimal"


def linked_operators(type: str) -> tuple[str, ...]:
    return DATE_COMPARISONS if TYPES[type].family in ("date", "datetime") else NUMBER_COMPARISONS


class Reader:
    """Reads one rule; what it cannot read is in `problems`."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.problems: list[Problem] = []
        self.nodes = 0

    def wrong(self, where: str, text: str, hint: str = "") -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(where, text, hint))

    def keys(self, node: Any, allowed: Iterable[str], where: str) -> bool:
        if not isinstance(node, Mapping):
            self.wrong(where, _("This part of the rule is not readable."), _("Remove it and add it again."))
            return False
        extra = sorted(str(key)[:50] for key in set(node) - set(allowed))
        if extra:
            self.wrong(where, _("Unknown part: %(names)s.") % {"names": ", ".join(extra[:5])}, _("Remove it and add it again."))
        return not extra

    def rule(self, rule: Any) -> tuple[SchemaInfo, Group] | None:
        if not self.keys(rule, ("version", "schema", "where"), ""):
            return None
        if rule.get("version") != VERSION or isinstance(rule.get("version"), bool):
            self.wrong("version", _("This rule has a version that is not known here."), _("Draw it again in the rule builder."))
        name = rule.get("schema")
        if not isinstance(name, str) or not name:
            self.wrong("schema", _("Choose the records that the rule is about."))
            return None
        try:
            schema = self.catalog.schema(name, "schema")
        except SchemaError as error:
            self.problems.extend(error.problems)
            return None
        if not schema.key:
            self.wrong(
                "schema",
                _("%(schema)s has no key, so its records cannot be told apart.") % {"schema": schema.label},
                _("Choose its key fields first."),
            )
        group = self.group(rule.get("where"), schema, "where", 1, 0, may_be_empty=True)
        return (schema, group) if group else None

    # --- parts ------------------------------------------------------------------------------------------------

    def group(self, node: Any, schema: SchemaInfo, where: str, depth: int, linked: int, may_be_empty: bool) -> Group | None:
        if not self.keys(node, ("kind", "op", "not", "items"), where):
            return None
        if node.get("kind") != "group" or node.get("op") not in ("and", "or") or not isinstance(node.get("not", False), bool):
            self.wrong(where, _("A group joins its conditions with “and” or “or”."), _("Choose one of the two."))
            return None
        items = node.get("items")
        if not isinstance(items, list):
            self.wrong(where, _("This group has no list of conditions."), _("Remove it and add it again."))
            return None
        negated = node.get("not", False)
        if not items and (negated or not may_be_empty):
            self.wrong(where, _("This group is empty."), _("Add a condition to it, or remove it."))
            return None
        if depth > MAX_DEPTH:
            self.wrong(where, _("Groups can be nested %(n)s deep at most.") % {"n": MAX_DEPTH}, _("Put some of them side by side."))
            return None
        read = [self.node(item, schema, f"{where}.items[{n}]", depth, linked) for n, item in enumerate(self.within_limit(items, where))]
        return Group(node["op"], negated, tuple(item for item in read if item is not None))

    def within_limit(self, items: list[Any], where: str) -> list[Any]:
        self.nodes += len(items)
        if self.nodes <= MAX_NODES:
            return items
        self.wrong(where, _("A rule can have at most %(n)s conditions.") % {"n": MAX_NODES}, _("Use “is one of” with a list of values."))
        return []

    def node(self, node: Any, schema: SchemaInfo, where: str, depth: int, linked: int) -> Node | None:
        kind = node.get("kind") if isinstance(node, Mapping) else None
        try:
            if kind == "group":
                return self.group(node, schema, where, depth + 1, linked, may_be_empty=False)
            if kind == "condition":
                return self.condition(node, schema, where)
            if kind == "link":
                return self.linked(node, schema, where, depth, linked + 1)
        except SchemaError as error:
            self.problems.extend(error.problems)
            return None
        self.wrong(where, _("This part of the rule is not readable."), _("Remove it and add it again."))
        return None

    def path(self, node: Mapping[str, Any], schema: SchemaInfo, where: str) -> Steps | None:
        path = node.get("path", [])
        if not isinstance(path, list) or not all(isinstance(name, str) for name in path):
            self.wrong(where, _("The path to the field is not readable."), _("Choose the field again."))
            return None
        return tuple(self.catalog.walk(schema, path, where))

    def field(self, node: Mapping[str, Any], schema: SchemaInfo, where: str) -> FieldInfo | None:
        name = node.get("field")
        if not isinstance(name, str) or not name:
            self.wrong(where, _("Choose a field."))
            return None
        return schema.field(name, where)

    def condition(self, node: Any, schema: SchemaInfo, where: str) -> Condition | None:
        readable = self.keys(node, ("kind", "path", "field", "op", "value"), where)
        steps = self.path(node, schema, where) if readable else None
        if steps is None:
            return None
        many = next((link for link, _target in steps if link.to_many), None)
        if many:
            self.wrong(where, _("“%(link)s” leads to many records.") % {"link": many.label}, _("Ask about it with linked records."))
            return None
        field = self.field(node, steps[-1][1] if steps else schema, where)
        if field is None:
            return None
        read = self.comparison(node, field, field.kind.operators, where)
        return Condition(steps, field, *read) if read else None

    def linked(self, node: Any, schema: SchemaInfo, where: str, depth: int, linked: int) -> Linked | None:
        readable = self.keys(node, ("kind", "path", "quantifier", "field", "op", "value", "where"), where)
        steps = self.path(node, schema, where) if readable else None
        if steps is None:
            return None
        if not steps:
            self.wrong(where, _("Choose the linked records."))
            return None
        if linked > MAX_LINKED:
            self.wrong(
                where, _("Linked records can be nested %(n)s deep at most.") % {"n": MAX_LINKED}, _("Ask about some of them side by side.")
            )
            return None
        end, quantifier = steps[-1][1], node.get("quantifier")
        group = self.group(node.get("where"), end, f"{where}.where", depth + 1, linked, may_be_empty=True)
        if quantifier not in QUANTIFIERS:
            self.wrong(where, _("Choose how the linked records count: at least one, none, how many, …"))
            return None
        if not end.key:
            self.wrong(
                where,
                _("%(schema)s has no key, so its records cannot be told apart.") % {"schema": end.label},
                _("Choose its key fields first."),
            )
            return None
        measured = self.measure(node, end, quantifier, where)
        return Linked(schema, steps, quantifier, *measured, group) if measured and group else None

    def measure(self, node: Mapping[str, Any], end: SchemaInfo, quantifier: str, where: str) -> tuple[FieldInfo | None, str, Any] | None:
        """What is compared with what: nothing for any and none, the number of records, or a figure of one field."""
        if quantifier in ("any", "none"):
            if any(node.get(name) is not None for name in ("field", "op", "value")):
                self.wrong(where, _("“At least one” and “none” compare nothing."), _("Choose a number of records instead."))
                return None
            return None, "", None
        field = None
        if quantifier == "count":
            if node.get("field") is not None:
                self.wrong(where, _("The number of records needs no field."), _("Choose a total or an average instead."))
                return None
        else:
            field = self.field(node, end, where)
            if field is None:
                return None
            if field.kind.family not in FAMILIES[quantifier]:
                self.wrong(
                    where,
                    _("“%(field)s” is not a number or a date that can be summed up so.") % {"field": field.label},
                    _("Choose another field."),
                )
                return None
        type = linked_type(quantifier, field)
        read = self.comparison(node, field, linked_operators(type), where, type)
        return (field, *read) if read else None

    # --- values -----------------------------------------------------------------------------------------------

    def comparison(
        self, node: Mapping[str, Any], field: FieldInfo | None, operators: tuple[str, ...], where: str, type: str = ""
    ) -> tuple[str, Any] | None:
        op, value = node.get("op"), node.get("value")
        if not isinstance(op, str) or op not in operators:
            self.wrong(where, _("This comparison does not fit the field."), _("Choose another comparison."))
            return None
        try:
            return op, read_operand(ARITY[op], value, type or field.type, field if not type else None)  # type: ignore[union-attr]
        except ValueError as error:
            self.wrong(where, str(error), "" if value in (None, "", []) else _("Correct the value."))
            return None


def read_operand(arity: str, value: Any, type: str, field: FieldInfo | None) -> Any:
    """The value as the type wants it; ValueError says what is wrong with it."""
    if arity == "none":
        if value is not None:
            raise ValueError(_("This comparison takes no value."))
        return None
    if value is None or value == "" or value == []:
        raise ValueError(_("Give a value."))
    if arity == "relative":
        return read_relative(value)
    if arity == "one":
        return read_value(value, type, field)
    if not isinstance(value, list):
        raise ValueError(_("This comparison takes a list of values."))
    if len(value) > MAX_LIST:
        raise ValueError(_("A list can have at most %(n)s values. Load longer lists as records.") % {"n": MAX_LIST})
    if arity == "list":
        return [read_value(item, type, field) for item in value]
    return read_range(value, type, field)


def read_range(value: list[Any], type: str, field: FieldInfo | None) -> tuple[Any, Any]:
    if len(value) != 2 or any(item in (None, "") for item in value):
        raise ValueError(_("Give a lowest and a highest value."))
    low, high = (read_value(item, type, field) for item in value)
    if isinstance(low, datetime.datetime) != isinstance(high, datetime.datetime):
        raise ValueError(_("Give a time for both ends or for none."))
    comparable = not isinstance(low, datetime.datetime) or (low.tzinfo is None) == (high.tzinfo is None)
    if comparable and low > high:
        raise ValueError(_("The lowest value is above the highest."))
    return low, high


def read_relative(value: Any) -> Relative:
    if not isinstance(value, Mapping) or set(value) != {"amount", "unit"} or value["unit"] not in tuple(UNITS):
        raise ValueError(_("Give a number of days, weeks, months or years."))
    amount, unit = value["amount"], value["unit"]
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= UNITS[unit]:
        raise ValueError(_("Give a whole number from 0 to %(n)s.") % {"n": UNITS[unit]})
    return Relative(amount, unit)


def read_value(value: Any, type: str, field: FieldInfo | None = None) -> Any:
    """One value; only JSON of the right kind is taken, so a number is never compared with a word."""
    kind = TYPES[type]
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ValueError(_("A text can have at most %(n)s characters.") % {"n": MAX_TEXT})
    if kind.family == "number":
        return read_number(value, type)
    if not isinstance(value, str):
        raise ValueError(_("“%(value)s” is %(wrong)s.") % {"value": str(value)[:50], "wrong": _("not a text")})
    if kind.family == "datetime" and len(value.strip()) == len("2026-12-31"):
        read: Any = reading(TYPES["date"].read, value)  # a whole day
    else:
        read = reading(kind.read, value)
    if isinstance(read, datetime.date) and not 1 < read.year < 9999:
        raise ValueError(_("Give a year between 2 and 9998."))
    if field is not None and field.choices and read not in field.choices:
        raise ValueError(_("“%(value)s” is not one of the values of “%(field)s”.") % {"value": value[:50], "field": field.label})
    return read


def read_number(value: Any, type: str) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(_("“%(value)s” is %(wrong)s.") % {"value": str(value)[:50], "wrong": _("not a number")})
    number: int | Decimal = reading(TYPES[type].read, str(value))
    if type == "double" and math.isinf(float(number)):
        raise ValueError(_("“%(value)s” is %(wrong)s.") % {"value": str(value)[:50], "wrong": _("too large")})
    return number


def reading(read: Any, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(_("“%(value)s” is %(wrong)s.") % {"value": text[:50], "wrong": error}) from error
