"""Deduplicate: who is alike, and who stays."""

import pytest
from django.db import connection

from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, where
from schemas.catalog import Catalog, Clock
from schemas.testing import sakila, sakila_available


def deduplicate(prefix: str = "t", **config: object) -> Played:
    return Played(graph([audience("a"), {"uid": "d", "kind": "deduplicate", "config": config}], ["a>d"]), prefix=prefix)


@pytest.mark.usefixtures("shop")
class TestShop:
    def test_it_works(self) -> None:
        """Customers 6 and 7 share an address; customer 5 has none and is kept."""
        played = deduplicate(fields=[{"path": [], "field": "email"}], method="lowest", by={"path": [], "field": "birth_date"})
        assert played.keys("d", "duplicates") == {7}
        assert len(played.rows("d")) == 11
        assert played.balance("d") == (12, 12)

    def test_the_method_decides(self) -> None:
        fields = ["email"]
        assert deduplicate("a", fields=fields, method="highest", by="birth_date").keys("d", "duplicates") == {6}
        assert deduplicate("b", fields=fields, method="lowest", by="first_name").keys("d", "duplicates") == {7}
        assert deduplicate("c", fields=fields).keys("d", "duplicates") == deduplicate("d", fields=fields).keys("d", "duplicates")

    def test_those_with_a_value_come_first(self) -> None:
        """Of the three Durands only Emma has a telephone."""
        played = deduplicate(fields=["last_name"], method="non_empty", by="phone")
        assert played.keys("d", "duplicates") == {6, 7}

    def test_it_keeps_as_many_as_asked(self) -> None:
        played = deduplicate(fields=["last_name"], keep=2, method="lowest", by="birth_date")
        assert played.keys("d", "duplicates") == {5}

    def test_several_fields_links_and_first_letters(self) -> None:
        played = deduplicate(fields=[{"path": ["store"], "field": "name"}, {"path": [], "field": "first_name", "part": "first_letter"}])
        assert len(played.rows("d")) == 12  # every pair is different; Karin has no store and is like nobody
        letters = deduplicate("u", fields=["language:first_letter", "store.city"])
        assert len(letters.rows("d")) == 4  # fr Marseille, en Marseille, fr Paris, and Karin

    def test_addresses_have_no_case(self) -> None:
        boxes = [audience("a", where("customer_id", "in", [6, 7])), {"uid": "d", "kind": "deduplicate", "config": {"fields": ["email"]}}]
        from_upper = "UPDATE data.{table} SET {column} = upper({column}) WHERE {key} = 7"
        execute(from_upper, "email")
        assert len(Played(graph(boxes, ["a>d"])).rows("d")) == 1

    def test_empty_texts_are_no_values(self) -> None:
        execute("UPDATE data.{table} SET {column} = '  ' WHERE {key} IN (6, 7, 8)", "email")
        assert deduplicate(fields=["email"]).keys("d", "duplicates") == set()

    def test_it_refuses_a_method_without_a_value_and_unknown_fields(self) -> None:
        for config in (
            {"fields": ["email"], "method": "highest"},
            {"fields": ["gone"]},
            {"fields": []},
            {"fields": ["birth_date:first_letter"]},
            {"fields": ["orders.total"]},
            {"fields": ["email"], "keep": 0},
        ):
            flow = walk(
                graph([audience("a"), {"uid": "d", "kind": "deduplicate", "config": config}], ["a>d"]),
                Catalog.load(),
                Clock.current(),
                "s",
                "t",
            )
            assert [p.where for p in flow.problems] == ["d"], config


def execute(text: str, field: str) -> None:
    schema = Catalog.load().schema("customer")
    names = {"table": schema.table_name, "column": schema.field(field).column, "key": schema.key[0].column}
    with connection.cursor() as cursor:
        cursor.execute(text.format(**names))


@pytest.mark.skipif(not sakila_available(), reason="The Sakila sample is not on this machine.")
@pytest.mark.django_db
def test_sakila_question_12() -> None:
    sakila()
    fields = [{"path": [], "field": "store_id"}, {"path": [], "field": "last_name", "part": "first_letter"}]
    played = deduplicate(fields=fields)
    assert len(played.rows("d")) == 46
    assert played.balance("d") == (599, 599)
