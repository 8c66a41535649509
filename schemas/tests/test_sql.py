"""Statements: stored as JSON, shown to people, and meaning the same afterwards."""

import datetime
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from django.db import connection
from sqlalchemy.dialects import postgresql

from schemas.sql import Statement, compile_sql

VALUES: list[tuple[Any, Any]] = [
    (sa.Integer(), 3_000_000_000),
    (sa.BigInteger(), 2**62),
    (sa.Numeric(5, 2), Decimal("1234567.891")),
    (sa.Double(), Decimal("0.1")),
    (sa.Date(), datetime.date(2026, 11, 1)),
    (sa.DateTime(timezone=True), datetime.datetime(2026, 11, 1, 12, 30, tzinfo=datetime.UTC)),
    (sa.Time(), datetime.time(18, 30)),
    (postgresql.UUID(), uuid.UUID(int=7)),
    (sa.Boolean(), True),
    (sa.String(3), 'a % b\'s "quoted" %(x)s é'),
    (postgresql.INTERVAL(), datetime.timedelta(days=2, hours=3)),
]


def stored(statement: Statement) -> Statement:
    return Statement.from_dict(json.loads(json.dumps(statement.as_dict())))


def answer(statement: Statement) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement.text, dict(statement.params))
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_it_keeps_every_value_through_json(kind: Any, value: Any) -> None:
    result = answer(stored(compile_sql(sa.select(sa.literal(value, kind)))))
    assert result == (float(value) if isinstance(kind, sa.Double) else value)


@pytest.mark.django_db
def test_it_compares_a_narrow_column_with_a_wide_value() -> None:
    values = sa.values(sa.column("n", sa.Integer()), sa.column("d", sa.Numeric(4, 2)), name="v").data([(1, Decimal("1.00"))])
    table = values.alias("t")
    question = sa.select(sa.func.count()).select_from(table).where(table.c.n < 3_000_000_000, table.c.d != Decimal("1.004"))
    assert answer(stored(compile_sql(question))) == 1


@pytest.mark.django_db
def test_it_expands_lists_and_keeps_percent_signs() -> None:
    n, word = sa.literal(3, sa.Integer()), sa.literal("100% wool")
    question = sa.select(sa.and_(n.in_([1, 2, 3]), word.like("100\\% %"), word == sa.literal_column("'100% wool'")))
    assert answer(stored(compile_sql(question))) is True


@pytest.mark.django_db
def test_it_passes_arrays_and_json() -> None:
    array = sa.literal([5, 6], postgresql.ARRAY(sa.BigInteger()))
    document = sa.type_coerce(sa.func.jsonb_strip_nulls(sa.literal({"a": [1, "é"]}, postgresql.JSONB())), postgresql.JSONB())
    question = sa.select(sa.and_(sa.literal(6, sa.BigInteger()) == sa.any_(array), document["a"][1].astext == "é"))
    assert answer(stored(compile_sql(question))) is True


@pytest.mark.django_db
def test_it_leaves_open_what_is_bound_later() -> None:
    statement = compile_sql(sa.select(sa.bindparam("k_1", type_=sa.Date())))
    assert "k_1" not in statement.params
    assert answer(stored(statement).bind(k_1=datetime.date(2026, 1, 2))) == datetime.date(2026, 1, 2)
    assert answer(compile_sql(sa.select(sa.bindparam("k_1", type_=sa.Date())), k_1=None)) is None


def test_it_is_readable() -> None:
    table = sa.table("t_1", sa.column("c_1", sa.Text()), sa.column("c_2", sa.Integer()), schema="data")
    text = compile_sql(sa.select(table.c.c_1).where(table.c.c_1 == "O'Hara", table.c.c_2 > 3)).pretty()
    assert "'O''Hara'" in text and "3" in text and "%(" not in text and "\n" in text


def test_it_refuses_what_json_cannot_hold() -> None:
    with pytest.raises(TypeError):
        compile_sql(sa.select(sa.literal(b"bytes", sa.LargeBinary())))
