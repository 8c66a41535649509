"""What the rule builder asks the server."""

import datetime
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from schemas.models import Field
from schemas.testing import insert_records, small_world
from schemas.tests.rule_parts import group, linked, rule, where

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    """Signed in, sees schemas and no personal data."""
    small_world()
    user = User.objects.create_user("marketer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_schema"))
    client.force_login(user)
    return client


def ask(client: Client, name: str, body: Any) -> Any:
    return client.post(reverse(name), body if isinstance(body, str) else json.dumps(body), content_type="application/json")


def test_it_counts(marketer):
    answer = ask(marketer, "rule-count", {"rule": rule(where("city", "eq", "Paris"))}).json()
    assert (answer["count"], answer["count_text"]) == (4, "4")
    assert answer["sentence"] == "Customer where City is “Paris”."
    assert answer["at"] and answer["at_text"] and answer["milliseconds"] >= 0
    assert "'Paris'" in answer["sql"]


def test_it_knows_every_published_schema_with_types_links_and_comparisons(marketer):
    words = marketer.get(reverse("rule-catalog")).json()
    customer = words["schemas"]["customer"]
    assert customer["key"] == ["customer_id"]
    assert {"name": "orders", "label": "Orders", "target": "order", "target_label": "Order", "to_many": True} in customer["links"]
    assert next(field for field in customer["fields"] if field["name"] == "email")["personal"]
    date = {operator["key"]: operator for operator in words["types"]["date"]["operators"]}
    assert (date["lt"]["label"], date["within_last"]["arity"], date["today"]["arity"]) == ("is before", "relative", "none")
    assert words["types"]["decimal"]["figures"] == ["sum", "avg", "min", "max"]
    assert words["types"]["text"]["figures"] == []


def test_rows_hide_personal_data_from_those_who_may_not_see_it(marketer):
    answer = ask(marketer, "rule-rows", {"rule": rule(where("city", "eq", "London"))}).json()
    columns = [column["name"] for column in answer["columns"]]
    assert columns[0] == "customer_id"
    assert not {"email", "first_name", "last_name", "phone", "birth_date"} & set(columns)
    assert not answer["personal"]
    assert "ada@example.com" not in json.dumps(answer)


def test_rows_show_personal_data_to_those_who_may(marketer):
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_personal"))
    answer = ask(marketer, "rule-rows", {"rule": rule(where("city", "eq", "London"))}).json()
    (row,) = answer["rows"]
    shown = dict(zip([column["name"] for column in answer["columns"]], row, strict=True))
    assert (shown["customer_id"], shown["email"], shown["accepts_email"], shown["city"]) == ("1", "ada@example.com", "yes", "London")


def test_a_table_of_personal_data_only_shows_nothing(marketer):
    Field.objects.filter(schema__name="customer").update(personal=True)
    response = ask(marketer, "rule-rows", {"rule": rule()})
    assert response.status_code == 400
    assert "personal" in response.json()["problems"][0]["text"]


def test_rows_stop_at_fifty_in_the_order_of_the_key(marketer):
    insert_records("customer", [{"customer_id": 1000 - n} for n in range(100)])
    rows = ask(marketer, "rule-rows", {"rule": rule(where("customer_id", "gt", 500))}).json()["rows"]
    assert [row[0] for row in rows] == [str(n) for n in range(901, 951)]


def test_problems_come_with_their_place(marketer):
    response = ask(marketer, "rule-count", {"rule": rule(where("city", "eq"), linked("orders", "count", op="ge"))})
    assert response.status_code == 400
    assert [(p["where"], p["text"]) for p in response.json()["problems"]] == [
        ("where.items[0]", "Give a value."),
        ("where.items[1]", "Give a value."),
    ]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"rule": 1, "more": 2}', "[" * 100_000, '{"rule": ' + "9" * 5_000 + "}", "\udcff"]
)
def test_what_is_no_rule_is_refused_with_a_sentence(marketer, body):
    response = marketer.post(reverse("rule-count"), body.encode("utf-8", "surrogateescape"), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["problems"][0]["text"]


def test_a_rule_that_is_too_large_to_send_is_refused(marketer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = ask(marketer, "rule-count", {"rule": rule(where("city", "in", ["x" * 100] * 100))})
    assert response.status_code == 413
    assert "too large" in response.json()["problems"][0]["text"]


def test_a_question_that_takes_too_long_is_stopped_and_says_so(marketer, settings):
    settings.AUDIENCE_TIMEOUT_SECONDS = 1
    insert_records("order", [{"order_id": 10_000 + n, "customer_id": 1} for n in range(5_000)])
    slow = [linked("orders.customer.orders.customer.orders", "count", where("total", "gt", n), op="gt", value=n) for n in range(40)]
    response = ask(marketer, "rule-count", {"rule": rule(*slow, op="or")})
    assert response.status_code == 503
    assert "longer than 1 seconds" in response.json()["problems"][0]["text"]
    assert ask(marketer, "rule-count", {"rule": rule()}).json()["count"] == 12, "the connection is well afterwards"


def test_only_people_who_may_see_schemas_are_answered(client):
    small_world()
    client.force_login(User.objects.create_user("manager", is_staff=True))
    for response in (
        client.get(reverse("rule-catalog")),
        ask(client, "rule-count", {"rule": rule()}),
        ask(client, "rule-rows", {"rule": rule()}),
    ):
        assert response.status_code == 403
        assert response.json()["problems"][0]["text"]
    client.logout()
    assert ask(client, "rule-count", {"rule": rule()}).status_code == 302


def test_questions_need_the_token_and_a_post(marketer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    assert ask(strict, "rule-count", {"rule": rule()}).status_code == 403
    assert marketer.get(reverse("rule-count")).status_code == 405


def test_long_lists_are_cut_in_the_sql_that_is_shown(marketer):
    many = [f"city {n}" for n in range(50_000)]
    answer = ask(marketer, "rule-count", {"rule": rule(where("city", "in", [*many, "Paris"]))}).json()
    assert answer["count"] == 4
    assert len(answer["sql"]) < 2_000
    assert "and 49,998 more" in answer["sentence"] or "49998 more" in answer["sentence"]


def test_sentences(marketer):
    def words(*items: Any, **more: Any) -> str:
        return ask(marketer, "rule-count", {"rule": rule(*items, **more)}).json()["sentence"]

    assert words() == "Customer: all records."
    assert (
        words(where("city", "eq", "Paris"), where("accepts_email", "is_true")) == "Customer where City is “Paris” and Accepts email is yes."
    )
    assert words(where("city", "empty"), negated=True) == "Customer where not (City is empty)."
    assert words(where("store.city", "in", ["Paris", "Lyon"])) == "Customer where Store › City is one of “Paris”, “Lyon”."
    assert words(group(where("city", "eq", "a"), where("city", "eq", "b"), op="or"), where("store_id", "between", [1, 2])) == (
        "Customer where (City is “a” or City is “b”) and Store id is between 1 and 2."
    )
    lately = where("placed_at", "within_last", {"amount": 1, "unit": "month"})
    assert words(linked("orders", "sum", lately, field="total", op="gt", value=100)) == (
        "Customer where the total of Total in “Orders” is more than 100 where [Placed at is within the last 1 month]."
    )
    assert words(linked("orders.lines", "none", where("product.category", "eq", "Brass"))) == (
        "Customer where there is no record in “Orders › Lines” where [Product › Category is “Brass”]."
    )
    assert (
        words(where("birth_date", "lt", "1990-12-31")) == f"Customer where Birth date is before {date_format(datetime.date(1990, 12, 31))}."
    )
