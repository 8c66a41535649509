"""JSON values: columns as PostgreSQL writes them into the context of a message."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from schemas.catalog import Clock

PAIRS = 40  # a PostgreSQL function takes at most 100 arguments


def json_value(column: sa.ColumnElement[Any], type: str, clock: Clock) -> sa.ColumnElement[Any]:
    """Moments are told in the workspace's zone; all else is written as it is."""
    if type == "datetime":
        return sa.func.timezone(sa.cast(sa.literal(str(clock.zone)), sa.Text), column)
    return column


def json_object(values: Mapping[str, Any]) -> sa.ColumnElement[Any]:
    """A JSON object of columns; nested mappings become nested objects."""
    arguments: list[list[Any]] = []
    for name, value in values.items():
        pair = [sa.cast(sa.literal(name), sa.Text), json_object(value) if isinstance(value, Mapping) else value]
        arguments.append(pair)
    chunks = [arguments[n : n + PAIRS] for n in range(0, len(arguments), PAIRS)] or [[]]
    whole = build(chunks[0])
    for chunk in chunks[1:]:
        whole = whole.op("||", return_type=JSONB())(build(chunk))
    return whole


def build(pairs: list[list[Any]]) -> sa.ColumnElement[Any]:
    return sa.func.jsonb_build_object(*(part for pair in pairs for part in pair), type_=JSONB)


def json_array(columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
    return sa.func.jsonb_build_array(*columns, type_=JSONB)
