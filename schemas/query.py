"""Questions about users' data: run under the audience role, with limits on time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from django.conf import settings
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from schemas.exceptions import Problem, QueryError
from schemas.sql import Statement, compile_sql

SESSION = ("role", "statement_timeout", "lock_timeout", "jit")


@contextmanager
def audience_session(timeout_seconds: int | None = None) -> Iterator[Any]:
    """A cursor that can read `data`, write `work` and nothing else, in a transaction (or savepoint) of its own.

    An error rolls back to the savepoint, and the settings with it; after success they are put back by hand,
    because the transaction around us may go on.
    """
    seconds = settings.AUDIENCE_TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(["current_setting(%s)"] * len(SESSION)), SESSION)
        before = cursor.fetchone()
        limits = (settings.AUDIENCE_ROLE, f"{int(seconds)}s", f"{int(settings.LOCK_TIMEOUT_SECONDS)}s", "off")
        configure(cursor, limits)
        try:
            yield cursor
        except (OperationalError, DataError, ProgrammingError) as error:
            told = explained(error, seconds)
            if told is None:
                raise
            raise told from error
        configure(cursor, before)


def configure(cursor: Any, values: tuple[str, ...]) -> None:
    for name, value in zip(SESSION, values, strict=True):
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def explained(error: Exception, seconds: int) -> QueryError | None:
    """What a person can do about a database error, or None where only a programmer can."""
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.QueryCanceled):
        text = _("The question took longer than %(seconds)s seconds and was stopped.") % {"seconds": seconds}
        return QueryError(Problem("", text, _("Narrow it down, or ask for a longer limit.")))
    if isinstance(cause, psycopg.errors.LockNotAvailable):
        return QueryError(Problem("", _("The table is being changed just now."), _("Try again in a minute.")))
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return QueryError(Problem("", _("The description and its table differ."), _("Publish the schema, then ask again.")))
    if isinstance(error, DataError):
        return QueryError(
            Problem("", _("A value cannot be used: %(error)s") % {"error": str(error).strip()}, _("Change the value in the rule."))
        )
    return None


def fetch_value(question: Statement | sa.Executable, timeout_seconds: int | None = None) -> Any:
    """The first column of the first row; None when there is no row."""
    with audience_session(timeout_seconds) as cursor:
        run(cursor, question)
        row = cursor.fetchone()
    return row[0] if row else None


def fetch_rows(
    question: Statement | sa.Executable, limit: int | None = None, timeout_seconds: int | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows, at most `limit` of them."""
    statement = question if isinstance(question, Statement) else compile_sql(question)
    with audience_session(timeout_seconds) as cursor:
        if limit is None:
            run(cursor, statement)
        else:
            text = sql.SQL("SELECT * FROM ({}) AS question LIMIT %(question_limit)s").format(sql.SQL(statement.text))
            cursor.execute(text, {**statement.params, "question_limit": int(limit)})
        return [column.name for column in cursor.description], list(cursor.fetchall())


def run(cursor: Any, question: Statement | sa.Executable) -> None:
    """Run a statement or an expression on a cursor of Django."""
    statement = question if isinstance(question, Statement) else compile_sql(question)
    cursor.execute(statement.text, dict(statement.params))
