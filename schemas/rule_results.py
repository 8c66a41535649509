"""What a rule finds now: the exact number of its records, and the first of them."""

import datetime
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _

from schemas.catalog import Catalog, Clock, FieldInfo, SchemaInfo
from schemas.exceptions import Problem, RuleError
from schemas.query import fetch_rows, fetch_value
from schemas.rule_sentence import sentence
from schemas.rules import condition, parse, population
from schemas.sql import Statement, compile_sql

ROWS_SHOWN = 50
COLUMNS_SHOWN = 12
LIST_SHOWN = 20
TEXT_SHOWN = 200  # characters
SQL_SHOWN = 20_000  # characters


@dataclass(frozen=True)
class Counted:
    """An exact number, when it was counted and how."""

    count: int
    milliseconds: int
    at: datetime.datetime
    sentence: str
    statement: Statement

    @property
    def sql(self) -> str:
        """The statement to be read: long lists and very long statements are cut."""
        params = {k: [*v[:LIST_SHOWN], "…"] if isinstance(v, list) and len(v) > LIST_SHOWN else v for k, v in self.statement.params.items()}
        if len(self.statement.text) > SQL_SHOWN:
            return self.statement.text[:SQL_SHOWN] + " …"
        return Statement(self.statement.text, params).pretty()


def count_rule(rule: Any, catalog: Catalog, clock: Clock) -> Counted:
    """Count every record that the rule selects; RuleError or QueryError where it cannot be done."""
    members = population(rule, catalog, clock).subquery()
    statement = compile_sql(sa.select(sa.func.count()).select_from(members))
    words = sentence(rule, catalog)
    started = time.monotonic()
    count = int(fetch_value(statement))
    return Counted(count, round((time.monotonic() - started) * 1000), clock.now, words, statement)


def first_rows(rule: Any, catalog: Catalog, clock: Clock, personal: bool) -> tuple[list[FieldInfo], list[tuple[Any, ...]]]:
    """The first records in the order of their keys: the key, then the main fields; personal ones only if allowed."""
    schema, _group = parse(rule, catalog)
    table = schema.table.alias()
    fields = columns_shown(schema, personal)
    if not fields:
        raise RuleError(Problem("", _("All fields of these records are personal data."), _("Ask an administrator to see them.")))
    keys = [table.c[field.column] for field in schema.key]
    # Texts are cut in the database: a row on a screen shows no novels.
    shown = [
        sa.func.left(table.c[f.column], sa.literal_column(str(TEXT_SHOWN))) if f.kind.family == "text" else table.c[f.column]
        for f in fields
    ]
    labelled = [column.label(f.column) for f, column in zip(fields, shown, strict=True)]
    select = sa.select(*labelled).where(condition(rule, catalog, table, clock)).order_by(*keys).limit(ROWS_SHOWN)
    _names, rows = fetch_rows(select)
    return fields, rows


def columns_shown(schema: SchemaInfo, personal: bool) -> list[FieldInfo]:
    others = [field for field in schema.fields.values() if field.key_position is None]
    fields = [*schema.key, *others]
    return [field for field in fields if personal or not field.personal][:COLUMNS_SHOWN]
