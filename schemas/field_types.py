"""Field types: text, numbers, dates and the rest; each knows its column, its operators and how to read a value."""

import datetime
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext_lazy as _
from sqlalchemy.dialects.postgresql import UUID

TEXT_OPERATORS = ("eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "empty", "not_empty")
ORDER_OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "empty", "not_empty")
DATE_OPERATORS = (
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "between",
    "within_last",
    "not_within_last",
    "within_next",
    "today",
    "empty",
    "not_empty",
)
BOOLEAN_OPERATORS = ("is_true", "is_false", "empty", "not_empty")


@dataclass(frozen=True)
class FieldType:
    """One type: `sql` makes the column type, `read` turns text into a value or raises ValueError."""

    key: str
    label: Any
    sql: Callable[[Any], sa.types.TypeEngine[Any]]
    read: Callable[[str], Any]
    operators: tuple[str, ...]
    family: str  # text, number, date, datetime, boolean, other: what may be compared with what
    ddl_names: tuple[str, ...] = field(default=())


INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z", re.ASCII)
DECIMAL = re.compile(r"[+-]?[0-9]{0,200}(\.[0-9]{0,100})?([eE][+-]?[0-9]{1,3})?\Z", re.ASCII)
TRUE, FALSE = {"t", "true", "1", "y", "yes"}, {"f", "false", "0", "n", "no"}


def read_integer(bits: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        text = text.strip()
        if not INTEGER.match(text):
            raise ValueError(_("not a whole number"))
        value = int(text)
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise ValueError(_("too large"))
        return value

    return read


def read_decimal(text: str) -> Decimal:
    text = text.strip()
    if not DECIMAL.match(text) or not any(character.isdigit() for character in text):
        raise ValueError(_("not a number"))
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(_("not a number")) from error


def read_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE | FALSE:
        return word in TRUE
    raise ValueError(_("not yes or no"))


def read_date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(_("not a date like 2026-12-31")) from error


def read_datetime(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(_("not a date and time like 2026-12-31 18:30:00")) from error


def read_time(text: str) -> datetime.time:
    try:
        return datetime.time.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(_("not a time like 18:30")) from error


def read_uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text.strip())
    except ValueError as error:
        raise ValueError(_("not a UUID")) from error


def read_text(text: str) -> str:
    if "\x00" in text:
        raise ValueError(_("contains NUL"))
    return text


def text_column(spec: Any) -> sa.types.TypeEngine[Any]:
    return sa.String(spec.max_length) if spec.max_length else sa.Text()


def decimal_column(spec: Any) -> sa.types.TypeEngine[Any]:
    return sa.Numeric(spec.precision, spec.scale) if spec.precision else sa.Numeric()


TYPES: dict[str, FieldType] = {
    t.key: t
    for t in (
        FieldType("text", _("Text"), text_column, read_text, TEXT_OPERATORS, "text"),
        FieldType("long_text", _("Long text"), lambda spec: sa.Text(), read_text, TEXT_OPERATORS, "text"),
        FieldType("integer", _("Whole number"), lambda spec: sa.Integer(), read_integer(32), ORDER_OPERATORS, "number"),
        FieldType("big_integer", _("Large whole number"), lambda spec: sa.BigInteger(), read_integer(64), ORDER_OPERATORS, "number"),
        FieldType("decimal", _("Decimal number"), decimal_column, read_decimal, ORDER_OPERATORS, "number"),
        FieldType("double", _("Floating-point number"), lambda spec: sa.Double(), read_decimal, ORDER_OPERATORS, "number"),
        FieldType("boolean", _("Yes or no"), lambda spec: sa.Boolean(), read_boolean, BOOLEAN_OPERATORS, "boolean"),
        FieldType("date", _("Date"), lambda spec: sa.Date(), read_date, DATE_OPERATORS, "date"),
        FieldType("datetime", _("Date and time"), lambda spec: sa.DateTime(timezone=True), read_datetime, DATE_OPERATORS, "datetime"),
        FieldType(
            "time",
            _("Time"),
            lambda spec: sa.Time(),
            read_time,
            ("eq", "ne", "lt", "le", "gt", "ge", "between", "empty", "not_empty"),
            "time",
        ),
        FieldType("uuid", _("UUID"), lambda spec: UUID(), read_uuid, ("eq", "ne", "in", "not_in", "empty", "not_empty"), "uuid"),
        FieldType("email", _("E-mail address"), text_column, read_text, TEXT_OPERATORS, "text"),
        FieldType("phone", _("Phone number"), text_column, read_text, TEXT_OPERATORS, "text"),
        FieldType("url", _("Web address"), lambda spec: sa.Text(), read_text, TEXT_OPERATORS, "text"),
        FieldType(
            "enumeration", _("Enumeration"), lambda spec: sa.Text(), read_text, ("eq", "ne", "in", "not_in", "empty", "not_empty"), "text"
        ),
    )
}


def field_type_choices() -> list[tuple[str, Any]]:
    """Callable, so that a new type needs no migration."""
    return [(t.key, t.label) for t in TYPES.values()]
