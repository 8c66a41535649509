"""Records on a screen: a page at a time in the order of the key, and their exact number."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _

from schemas.catalog import FieldInfo, SchemaInfo
from schemas.exceptions import Problem, SchemaError
from schemas.query import fetch_rows, fetch_value

PAGE_SIZE = 50
MAX_COLUMNS = 40
MAX_TEXT = 200  # characters of one text on a list


@dataclass(frozen=True)
class Page:
    """Some records; `after` leads to the next page, and is empty on the last."""

    fields: list[FieldInfo]
    rows: list[tuple[Any, ...]]
    after: str = ""


def count(schema: SchemaInfo) -> int:
    return int(fetch_value(sa.select(sa.func.count()).select_from(schema.table)))


def page(schema: SchemaInfo, after: str = "", search: str = "", personal: bool = False, size: int = PAGE_SIZE) -> Page:
    """Records whose key comes after the given one: as fast on the last page as on the first."""
    table = schema.table
    fields = visible(schema, personal)
    if not fields:
        raise SchemaError(Problem("", _("All fields of these records are personal data."), _("Ask an administrator to see them.")))
    keys = [table.c[f.column] for f in schema.key]
    columns = [sa.func.left(table.c[f.column], MAX_TEXT).label(f.column) if f.kind.family == "text" else table.c[f.column] for f in fields]
    select = sa.select(*columns, *(sa.cast(k, sa.Text).label(f"key_{n}") for n, k in enumerate(keys))).order_by(*keys).limit(size + 1)
    if after:
        select = select.where(sa.tuple_(*keys) > sa.tuple_(*read_key(schema, after)))
    if search:
        select = select.where(matches(schema, fields, search))
    rows = fetch_rows(select)[1]
    shown = [row[: len(fields)] for row in rows[:size]]
    # The key of the last row goes into an address, which is no place for personal data.
    goes_on = len(rows) > size and all(f in fields for f in schema.key)
    return Page(fields, shown, json.dumps(rows[size - 1][len(fields) :]) if goes_on else "")


def visible(schema: SchemaInfo, personal: bool) -> list[FieldInfo]:
    others = [f for f in schema.fields.values() if f.key_position is None]
    return [f for f in (*schema.key, *others) if personal or not f.personal][:MAX_COLUMNS]


def read_key(schema: SchemaInfo, after: str) -> list[sa.ColumnElement[Any]]:
    """The key in a page's address; SchemaError when somebody typed another."""
    try:
        texts = json.loads(after)
        return [sa.literal(f.kind.read(text), f.sql_type) for f, text in zip(schema.key, texts, strict=True)]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SchemaError(Problem("", _("There is no such page."), _("Begin at the first page."))) from error


def matches(schema: SchemaInfo, fields: list[FieldInfo], search: str) -> sa.ColumnElement[bool]:
    """A key that is what was typed, or a searchable text that begins with it."""
    table = schema.table
    found: list[sa.ColumnElement[bool]] = []
    if "\x00" in search:
        return sa.false()
    for field in fields:
        column = table.c[field.column]
        if field.kind.family == "text" and (field.searchable or field.key_position):
            found.append(sa.func.lower(column).startswith(search.lower(), autoescape=True))
        elif field.key_position and len(schema.key) == 1:
            try:
                found.append(column == sa.literal(field.kind.read(search), field.sql_type))
            except ValueError:
                continue
    return sa.or_(sa.false(), *found)
