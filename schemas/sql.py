"""Statements: SQLAlchemy expressions as text and JSON values, which can be stored, shown and run on Django's connection."""

import datetime
import decimal
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
import sqlglot
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
from sqlalchemy.sql import sqltypes

PLACEHOLDER = re.compile(r"%\((?P<name>[^)]+)\)s|%%")
# Values travel as JSON, so each is cast where it stands; the casts are wider than the column, or they would round and
# overflow. Whole numbers stand for themselves: PostgreSQL gives 200 and 3000000000 the types that fit.
WIDE = {sqltypes.Integer: "", sqltypes.Float: "DOUBLE PRECISION", sqltypes.Numeric: "NUMERIC", sqltypes.String: "TEXT"}


@dataclass(frozen=True)
class Statement:
    """One SQL statement with named values, all of which are JSON."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"text": self.text, "params": dict(self.params)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Statement":
        return cls(stored["text"], dict(stored["params"]))

    def bind(self, **named: Any) -> "Statement":
        """The same statement with values for what was left open."""
        return replace(self, params={**self.params, **{name: as_json(value) for name, value in named.items()}})

    def pretty(self) -> str:
        """SQL for people: laid out, with the values in their places. To be read, not to be run."""
        plain = PLACEHOLDER.sub(lambda found: self.shown(found["name"]) if found["name"] else "%", self.text)
        try:
            return ";\n".join(sqlglot.transpile(plain, read="postgres", write="postgres", pretty=True))
        except sqlglot.errors.SqlglotError:
            return plain

    def shown(self, name: str) -> str:
        if name not in self.params:
            return f":{name}"
        value = self.params[name]
        if value is None:
            return "NULL"
        if isinstance(value, bool | int | float):
            return str(value).upper()
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
        return "'" + text.replace("'", "''") + "'"


class Compiler(PGCompiler_psycopg):
    """Casts values to the widest type of their family."""

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        wide = next((name for affinity, name in WIDE.items() if isinstance(dbapi_type, affinity)), None)
        if wide is None:
            return super().render_bind_cast(type_, dbapi_type, sqltext)
        return f"{sqltext}::{wide}" if wide else sqltext


class CastNumeric(sa.Numeric):  # type: ignore[type-arg]
    render_bind_cast = True


class CastFloat(sa.Float):  # type: ignore[type-arg]
    render_bind_cast = True


class CastInterval(postgresql.INTERVAL):
    render_bind_cast = True


class Dialect(PGDialect_psycopg):
    """PostgreSQL, with a cast on numbers too."""

    statement_compiler = Compiler
    supports_statement_cache = False
    _supports_jsonb_subscripting = False  # x -> y reads the same everywhere; f(x)[y] is a syntax error
    colspecs = {**PGDialect_psycopg.colspecs, sqltypes.Numeric: CastNumeric, sqltypes.Float: CastFloat, sqltypes.Interval: CastInterval}


def compile_sql(element: Any, **named: Any) -> Statement:
    """The statement of an expression; bind parameters without a value stay open until `bind`."""
    compiled = element.compile(dialect=Dialect(), compile_kwargs={"render_postcompile": True})
    binds = compiled.binds
    params: dict[str, Any] = {}
    for name, value in compiled.construct_params(_check=False).items():
        bind = binds.get(name)
        if name in named:
            value = named[name]
        elif bind is not None and bind.required:
            continue
        params[name] = (
            json.dumps(value) if bind is not None and isinstance(bind.type, sqltypes.JSON) and value is not None else as_json(value)
        )
    return Statement(str(compiled), params)


def as_json(value: Any) -> Any:
    """A value as JSON; its cast in the statement makes it a date, a number or a UUID again."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"{value.total_seconds()} seconds"
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return json.dumps(value)
    raise TypeError(f"A {type(value).__name__} cannot be a value of a statement.")
