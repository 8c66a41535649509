"""Publishing: tables follow descriptions, all or nothing, and nothing is lost without saying so."""

import pytest
import sqlalchemy as sa
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import connection

from schemas.catalog import Catalog
from schemas.choices import SchemaStatus
from schemas.exceptions import SchemaError
from schemas.models import Schema
from schemas.query import fetch_rows, fetch_value
from schemas.tables import changes, publish
from schemas.testing import info_of, insert_records, make_link, make_schema, small_world

pytestmark = pytest.mark.django_db
KEY = {"id": {"type": "integer", "key_position": 1}}
ALL_TYPES = {
    "id": {"type": "uuid", "key_position": 1}, "a": {"type": "text", "max_length": 30}, "b": {"type": "long_text"}, "c": {"type": "big_integer"},
    "d": {"type": "decimal", "precision": 8, "scale": 3}, "e": {"type": "double"}, "f": {"type": "boolean"}, "g": {"type": "time"},
    "h": {"type": "url"}, "i": {"type": "enumeration", "choices": ["x", "y"]}, "j": {"type": "decimal"}, "k": {"type": "date"},
    "l": {"type": "datetime"}, "m": {"type": "email", "unique": True}, "n": {"type": "text", "searchable": True}, "o": {"type": "integer", "default": "7", "required": True},
}  # fmt: skip


def count(name: str) -> int:
    return fetch_value(sa.select(sa.func.count()).select_from(info_of(name).table))


def test_it_makes_the_small_world() -> None:
    small_world()
    catalog = Catalog.load()
    assert set(catalog.schemas) == {"store", "customer", "product", "order", "order_line"}
    assert [count(name) for name in ("customer", "order", "order_line", "product", "store")] == [12, 10, 14, 5, 2]
    assert catalog.schemas["customer"].links["orders"].to_many
    assert not catalog.schemas["order"].links["customer"].to_many
    assert [f.name for f in catalog.schemas["order_line"].key] == ["order_id", "line"]


def test_it_finds_nothing_to_change_after_publishing() -> None:
    small_world()
    every = make_schema("every", ALL_TYPES)
    publish(every)
    assert [c.text for c in changes(Schema.objects.all())] == []


def test_it_shows_changes_and_then_makes_them() -> None:
    schema = make_schema("thing", {**KEY, "name": {"type": "text", "max_length": 20}, "amount": {"type": "text"}})
    assert [c.text for c in changes(schema)] == ["Make the table of Thing with 3 fields."]
    publish(schema)
    insert_records("thing", [{"id": 1, "name": "one", "amount": "12"}])
    schema.fields.filter(name="name").update(label="Title", max_length=40)
    schema.fields.filter(name="amount").update(type="integer", required=True)
    schema.fields.create(name="size", label="Size", type="integer", required=True, default="4", position=9)
    assert [c.text for c in changes(schema)] == [
        "Thing: add “Size”.",
        "Thing: change “Title” from VARCHAR(20) to VARCHAR(40).",
        "Thing: change “Amount” from TEXT to INTEGER. Thing: “Amount” is required.",
    ]
    publish(schema)
    assert fetch_rows(sa.select(info_of("thing").table))[1] == [(1, "one", 12, 4)]


def test_it_keeps_values_when_a_field_is_renamed_and_tells_when_they_are_lost() -> None:
    schema = make_schema("thing", {**KEY, "name": {"type": "text"}})
    publish(schema)
    insert_records("thing", [{"id": 1, "name": "one"}])
    schema.fields.filter(name="name").update(name="title", label="Title")
    assert changes(schema) == []
    schema.fields.filter(name="title").delete()
    assert [c.loses for c in changes(schema)] == [True]
    publish(schema)
    assert fetch_rows(sa.select(info_of("thing").table))[1] == [(1,)]


def test_it_changes_nothing_when_values_do_not_fit() -> None:
    schema = make_schema("thing", {**KEY, "amount": {"type": "text"}})
    publish(schema)
    insert_records("thing", [{"id": 1, "amount": "many"}])
    schema.fields.filter(name="amount").update(type="integer")
    schema.fields.create(name="size", label="Size", type="integer")
    with pytest.raises(SchemaError, match="do not fit"):
        publish(schema)
    assert len(changes(schema)) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the transaction around us is sound


def test_it_refuses_a_required_field_without_values() -> None:
    schema = make_schema("thing", KEY)
    publish(schema)
    insert_records("thing", [{"id": 1}])
    schema.fields.create(name="size", label="Size", type="integer", required=True)
    with pytest.raises(SchemaError, match="have no value"):
        publish(schema)


def test_it_changes_the_primary_key() -> None:
    schema = make_schema("thing", {**KEY, "part": {"type": "integer"}})
    publish(schema)
    schema.fields.filter(name="part").update(key_position=2)
    publish(schema)
    insert_records("thing", [{"id": 1, "part": 1}, {"id": 1, "part": 2}])
    assert changes(schema) == []


def test_it_enforces_only_what_is_asked() -> None:
    parent, child = (
        make_schema("parent", KEY),
        make_schema("child", {**KEY, "parent_id": {"type": "integer"}, "other_id": {"type": "integer"}}),
    )
    make_link(child, "parent", parent, "children", [("parent_id", "id")], enforced=True)
    make_link(child, "other", parent, "others", [("other_id", "id")])
    make_link(parent, "twin", child, "twins", [("id", "id")], enforced=True)
    publish([child, parent])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'data'::regnamespace")
        assert cursor.fetchone() == (2,)
    child.relationships.update(enforced=False)
    publish(child)
    assert changes([child, parent]) == []


def test_it_reports_every_problem_at_once() -> None:
    schema = make_schema("thing", {"size": {"type": "enumeration"}, "count": {"type": "integer", "default": "x"}})
    with pytest.raises(SchemaError) as caught:
        publish(schema)
    assert len(caught.value.problems) == 3
    schema.refresh_from_db()
    assert schema.status == SchemaStatus.DRAFT


def test_it_lets_only_those_publish_who_may() -> None:
    nobody = get_user_model().objects.create_user("nobody")
    with pytest.raises(PermissionDenied):
        publish(make_schema("thing", KEY), nobody)
