"""The twelve questions of the Sakila sample: rules must give the numbers that plain SQL gave."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from schemas import rules
from schemas.catalog import Catalog, Clock
from schemas.query import fetch_value
from schemas.testing import sakila, sakila_available
from schemas.tests.rule_parts import group, linked, rule, where

pytestmark = pytest.mark.skipif(not sakila_available(), reason="the Sakila files are not beside the project")

STILL_OUT = where("return_date", "empty")
R_RATED = where("inventory.film.rating", "eq", "R")
BIG_PAYER = linked("payments", "sum", field="amount", op="gt", value=150)
HAS_RENTAL_OUT = linked("rentals", "any", STILL_OUT)


def of_category(name: str) -> dict[str, Any]:
    return linked("inventory.film.film_categories", "any", where("category.name", "eq", name))


QUESTIONS = {
    "1": (rule(where("store.store_id", "eq", 1)), 326),
    "1, by its own field": (rule(where("store_id", "eq", 1)), 326),
    "2": (rule(linked("rentals", "count", op="ge", value=30)), 178),
    "3": (rule(linked("rentals", "count", of_category("Horror"), op="ge", value=3)), 98),
    "4": (rule(linked("rentals", "none", of_category("Sci-Fi"))), 92),
    "5": (rule(BIG_PAYER), 46),
    "6": (rule(where("address.city.country.country", "eq", "India")), 60),
    "7": (rule(HAS_RENTAL_OUT), 159),
    "8": (rule(linked("rentals", "any", STILL_OUT, R_RATED)), 28),
    "9": (rule(HAS_RENTAL_OUT, linked("rentals", "any", R_RATED)), 159),
    "10 union": (rule(BIG_PAYER, HAS_RENTAL_OUT, op="or"), 191),
    "10 intersect": (rule(BIG_PAYER, HAS_RENTAL_OUT), 14),
    "10 except": (rule(BIG_PAYER, group(HAS_RENTAL_OUT, negated=True)), 32),
    "11 rentals": (rule(STILL_OUT, schema="rental"), 183),
    "11 customers": (rule(HAS_RENTAL_OUT), 159),
}


@pytest.fixture
def video_rental(db) -> Catalog:
    sakila()
    return Catalog.load()


def test_the_questions_have_the_stated_answers(video_rental, client):
    """Through the rule itself, and through the address that the screen asks."""
    expected = {name: answer for name, (_question, answer) in QUESTIONS.items()}
    clock = Clock.current()

    def counted(question: dict[str, Any]) -> int:
        members = rules.population(question, video_rental, clock).subquery()
        return fetch_value(sa.select(sa.func.count()).select_from(members))

    assert {name: counted(question) for name, (question, _answer) in QUESTIONS.items()} == expected

    client.force_login(User.objects.create_superuser("marketer"))
    assert {name: asked(client, question)["count"] for name, (question, _answer) in QUESTIONS.items()} == expected

    first_letter = keeping_one_of(video_rental, clock)
    assert fetch_value(first_letter) == 46


def asked(client: Client, question: dict[str, Any]) -> dict[str, Any]:
    response = client.post(reverse("rule-count"), json.dumps({"rule": question}), content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()


def keeping_one_of(catalog: Catalog, clock: Clock) -> sa.Select[Any]:
    """Question 12: customers de-duplicated on store and first letter of the last name."""
    customer = catalog.schemas["customer"]
    table = customer.table.alias("c")
    letter = sa.func.left(table.c[customer.field("last_name").column], 1)
    place = sa.func.row_number().over(
        partition_by=[table.c[customer.field("store_id").column], letter], order_by=table.c[customer.key[0].column]
    )
    ranked = sa.select(place.label("place")).where(rules.condition(rule(), catalog, table, clock)).subquery()
    return sa.select(sa.func.count()).select_from(ranked).where(ranked.c.place == 1)
