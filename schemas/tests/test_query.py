"""Questions: a role that may only read, limits on time, and a connection left as it was."""

import psycopg
import pytest
import sqlalchemy as sa
from django.conf import settings
from django.db import ProgrammingError, connection

from schemas.exceptions import QueryError
from schemas.query import audience_session, fetch_rows, fetch_value
from schemas.sql import compile_sql

pytestmark = pytest.mark.django_db


def state() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, current_setting('role'), current_setting('statement_timeout'), current_setting('lock_timeout')"
        )
        return cursor.fetchone()


def test_it_asks_as_the_audience_role() -> None:
    assert fetch_value(sa.select(sa.literal_column("current_user::text"))) == settings.AUDIENCE_ROLE
    assert fetch_value(sa.select(sa.func.current_setting("statement_timeout")), timeout_seconds=7) == "7s"
    assert fetch_value(sa.select(sa.literal(1)).where(sa.false())) is None


def test_it_puts_the_connection_back() -> None:
    before = state()
    fetch_value(sa.select(sa.literal(1)))
    assert state() == before
    with pytest.raises(RuntimeError), audience_session():
        raise RuntimeError
    assert state() == before
    with pytest.raises(QueryError), audience_session() as cursor:
        cursor.execute("SELECT 1 / 0")
    assert state() == before


def test_it_cannot_see_people_or_write_data() -> None:
    for text in ("SELECT * FROM auth_user", "CREATE TABLE data.t (id int)", "UPDATE django_session SET session_data = ''"):
        with pytest.raises(ProgrammingError) as caught, audience_session() as cursor:
            cursor.execute(text)
        assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_it_may_write_work_tables() -> None:
    with audience_session() as cursor:
        cursor.execute("CREATE TABLE work.t AS SELECT 1 AS k_1")
    assert fetch_value(sa.select(sa.func.count()).select_from(sa.table("t", schema="work"))) == 1


def test_it_says_when_a_question_takes_too_long() -> None:
    with pytest.raises(QueryError, match="longer than 1 seconds"):
        fetch_value(sa.select(sa.func.pg_sleep(5)), timeout_seconds=1)


def test_it_says_when_the_table_is_not_as_described() -> None:
    with pytest.raises(QueryError, match="differ"):
        fetch_value(sa.select(sa.func.count()).select_from(sa.table("t_0", schema="data")))


def test_it_fetches_at_most_the_limit() -> None:
    numbers = sa.select(sa.func.generate_series(1, 100).label("n")).order_by(sa.text("n DESC"))
    columns, rows = fetch_rows(compile_sql(numbers), limit=3)
    assert (columns, rows) == (["n"], [(100,), (99,), (98,)])
    assert len(fetch_rows(numbers)[1]) == 100
