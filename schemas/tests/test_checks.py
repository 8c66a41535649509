"""Checks: a table that is missing or not as described is noticed before a campaign meets it."""

import pytest
from django.db import connection

from schemas.checks import tables_follow_descriptions
from schemas.models import Schema
from schemas.testing import make_schema, small_world

pytestmark = pytest.mark.django_db


def ids() -> list[str | None]:
    return [message.id for message in tables_follow_descriptions(None, databases=["default"])]


def test_it_is_silent_when_all_is_well() -> None:
    assert ids() == []
    small_world()
    make_schema("draft", {"id": {"type": "integer"}})
    assert ids() == []


def test_it_tells_of_missing_tables_and_of_differences() -> None:
    small_world()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE data.{Schema.objects.get(name='store').table_name}")
    Schema.objects.get(name="order").fields.create(name="note", label="Note", type="text")
    assert ids() == ["schemas.E001", "schemas.W001"]


def test_it_asks_the_database_only_when_it_may() -> None:
    assert tables_follow_descriptions(None) == []
