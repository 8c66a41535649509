"""E-mail: who is written to, about what, with which values."""

import json

import pytest
import sqlalchemy as sa
from django.db import connection

from campaigns.activities.email import Email
from campaigns.activities.steps import Send
from campaigns.flow import walk
from campaigns.render import Prepared, render
from campaigns.testing import Played, audience, graph, sender, where
from schemas.catalog import Catalog, Clock
from schemas.models import Field
from schemas.sql import compile_sql
from schemas.testing import sakila, sakila_available

pytestmark = pytest.mark.django_db


def mail(**config: object) -> dict:
    base = {"sender": sender().pk, "subject": "Hello", "body": "Hello {{ customer.first_name }}", "category": "marketing"}
    return {"uid": "mail", "kind": "email", "config": base | config}


def sending(start: dict, prefix: str = "t", **config: object) -> tuple[Send, list[dict]]:
    """The Send step and the rows that it wants."""
    played = Played(graph([start, mail(**config)], [f"{start['uid']}>mail"]), prefix=prefix)
    step = next(s for s in played.flow.boxes["mail"].steps if isinstance(s, Send))
    names = ("recipient_key", "entity_key", "address", "consent", "context")
    read = [dict(zip(names, row[-len(names) :], strict=True)) for row in played.ask(step.select)]
    for row in read:
        for name in ("recipient_key", "entity_key", "context"):
            row[name] = json.loads(row[name]) if row[name] is not None else None
    return step, sorted(read, key=lambda row: (row["recipient_key"], row["entity_key"], row["context"] is None))


def found_problems(start: dict, **config: object) -> list[str]:
    flow = walk(graph([start, mail(**config)], [f"{start['uid']}>mail"]), Catalog.load(), Clock.current(), "s", "t")
    return [str(p.text) for p in flow.problems if p.level == "error"]


def test_it_works(shop: None) -> None:
    step, rows = sending(audience("a", where("customer_id", "le", 4)), body="Hello {{ customer.first_name }} of {{ customer.store.name }}")
    assert [row["address"] for row in rows] == ["ada@example.com", "blaise@example.com", "chloe@example.com", "david@example.com"]
    assert rows[0]["recipient_key"] == rows[0]["entity_key"] == [1]
    assert [row["consent"] for row in rows] == [True, True, True, False]
    assert rows[0]["context"] == {"customer": {"first_name": "Ada", "store": {"name": "Harbour"}}}
    prepared = Prepared.from_dict(step.settings["content"])
    out = render(prepared, rows[2]["context"], link_for=lambda n, url: url, unsubscribe_url="https://u.example/1")
    assert "Hello Chloé of Opera" in out.html and "Hello Chloé of Opera" in out.text
    assert json.loads(json.dumps(step.settings)) == step.settings


def test_only_what_is_used_is_gathered(shop: None) -> None:
    step, rows = sending(audience("a"), body="Hello")
    assert all(row["context"] == {} for row in rows)
    phone = Catalog.load().schema("customer").field("phone").column
    assert phone not in compile_sql(step.select).text


def test_nobody_is_left_out_here(shop: None) -> None:
    """Those without an address or consent are counted when the ledger is filled."""
    _step, rows = sending(audience("a"))
    assert len(rows) == 12
    assert {tuple(row["recipient_key"]): (row["address"], row["consent"]) for row in rows}[(5,)] == (None, True)
    assert rows[7]["consent"] is None


def test_one_message_for_each_recipient(shop: None) -> None:
    """Ten orders of eight people; the lowest order's values lead, all orders are in `records`."""
    body = "{{ customer.first_name }} {{ order.total }} {% for order in records %}{{ order.order_id }}: {{ order.placed_at }}{% endfor %}"
    _step, rows = sending(audience("o", schema="order"), recipient_path=["customer"], mode="recipient", body=body)
    assert len(rows) == 10 and len({tuple(row["recipient_key"]) for row in rows}) == 8
    ada = [row for row in rows if row["recipient_key"] == [1]]
    assert [row["context"] is None for row in ada] == [False, True, True]
    assert {tuple(row["entity_key"]) for row in ada} == {(1,)} and {row["address"] for row in ada} == {"ada@example.com"}
    assert ada[0]["context"]["order"]["total"] == 469.8
    assert [r["order_id"] for r in ada[0]["context"]["records"]] == [1, 2, 3]
    assert ada[0]["context"]["records"][0]["placed_at"] == "2026-10-30T13:00:00"  # noon UTC, told in Paris


def test_one_message_for_each_record(shop: None) -> None:
    _step, rows = sending(
        audience("o", schema="order_line"), recipient_path=["order", "customer"], mode="record", body="{{ order_line.product.name }}"
    )
    assert len(rows) == 14 and all(row["context"] for row in rows)
    assert [row["entity_key"] for row in rows if row["recipient_key"] == [1]] == [[1, 1], [1, 2], [2, 1], [3, 1]]


def test_a_record_without_a_recipient_is_kept_apart(shop: None) -> None:
    order = Catalog.load().schema("order")
    column = order.table.c[order.field("customer_id").column]
    statement = compile_sql(sa.update(order.table).where(column == 1).values({column.name: 99}))
    with connection.cursor() as cursor:
        cursor.execute(statement.text, dict(statement.params))
    for mode in ("recipient", "record"):
        _step, rows = sending(audience("o", schema="order"), prefix=mode, recipient_path=["customer"], mode=mode)
        lost = [row for row in rows if row["recipient_key"] == []]
        assert [row["entity_key"] for row in lost] == [[1], [2], [3]]
        assert all(row["address"] is None for row in lost) and len(rows) == 10


def test_added_columns_are_there_by_name(shop: None) -> None:
    lines = {"kind": "collection", "path": ["orders"], "alias": "last_orders", "fields": ["total"], "limit": 1}
    count = {"kind": "aggregate", "function": "count", "path": ["orders"], "alias": "bought"}
    boxes = [audience("a", where("customer_id", "eq", 1)), {"uid": "e", "kind": "enrich", "config": {"entries": [lines, count]}}]
    body = "{{ bought }}{% for order in last_orders %}{{ order.total }}{% endfor %}"
    played = Played(graph([*boxes, mail(body=body)], ["a>e", "e>mail"]))
    step = played.flow.boxes["mail"].steps[0]
    assert json.loads(played.ask(step.select)[0][-1]) == {"bought": 3, "last_orders": [{"total": 469.8}]}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{{ customer.frist_name }}", "frist_name"),
        ("{{ first_name }}", "Nothing is called"),
        ("{{ settings.SECRET_KEY }}", "Nothing is called"),
        ("{{ customer }}", "whole record"),
        ("{{ customer.store }}", "whole record"),
        ("{{ customer.orders }}", "many records"),
        ("{{ customer.orders.total }}", "many records"),
        ("{% for o in customer.orders %}{{ o.total }}{% endfor %}", "many records"),
        ("{{ customer[subject] }}", "chooses a name"),
        ("{{ customer.first_name.password }}", "no link"),
        ("{% for r in records %}{{ r.gone }}{% endfor %}", "gone"),
        ("{{ product.name }}", "Nothing is called"),
        ("{{ customer.first_name", "template language"),
        ("{% if %}", "template language"),
        ("{% include 'x' %}", "template language"),
        ("{{ customer.first_name | safe }}", "no filter"),
        ("{{ customer.first_name | attr: 'format' }}", "no filter"),
        ("<mj-text>{{ customer.first_name }}", "MJML"),
        ('<a href="https://{{ customer.city }}/x">x</a>', "nowhere safe"),
        ("", "required"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(shop: None, body: str, told: str) -> None:
    assert told in " ".join(found_problems(audience("a"), body=body))


@pytest.mark.parametrize("field", ["subject", "preheader", "text"])
def test_names_are_checked_in_every_part(shop: None, field: str) -> None:
    assert any("gone" in text for text in found_problems(audience("a"), **{field: "Hello {{ customer.gone }}"}))


@pytest.mark.parametrize("end", ["\r\nBcc: x@example.com", "\n", "\x0b", "\x85", "\u2028", "\x00x"])
def test_a_subject_has_one_line(shop: None, end: str) -> None:
    assert found_problems(audience("a"), subject=f"Hello{end} you")
    assert found_problems(audience("a"), preheader=f"Hello{end} you")


def test_it_needs_a_sender_and_an_address(shop: None) -> None:
    assert any("Sender" in text for text in found_problems(audience("a"), sender=None))
    assert any("does not exist" in text for text in found_problems(audience("a"), sender=10**6))
    assert any("no e-mail address" in text for text in found_problems(audience("o", schema="order"), body="Hello"))
    row = sender("No address")
    row.postal_address = " "
    row.save()
    assert any("postal" in text for text in found_problems(audience("a"), sender=row.pk))
    assert found_problems(audience("a"), sender=row.pk, category="transactional") == []


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Hello {{ customer.first_name }}", "Hello …"),
        ("Thank you{% if customer.first_name %}, {{ customer.first_name }}{% endif %}!", "Thank you, …!"),
        ("From {{ customer.created_at | date: '%d %B' }}\tto {{ now }}", "From … to …"),
        ("", ""),
    ],
)
def test_its_box_shows_the_subject_without_its_programming(subject: str, shown: str) -> None:
    assert Email().summary({"subject": subject}, Catalog({})) == shown


def test_consent_is_asked_again_for_one_recipient(shop: None) -> None:
    step, _rows = sending(audience("a"))
    statement = compile_sql(step.consent_now, k_1=4)
    with connection.cursor() as cursor:
        cursor.execute(statement.text, dict(statement.params))
        assert cursor.fetchall() == [(False,)]


@pytest.mark.skipif(not sakila_available(), reason="The Sakila sample is not on this machine.")
def test_sakila_question_11() -> None:
    """183 rentals are still out, with 159 customers."""
    sakila()
    Field.objects.filter(schema__name="customer", name="email").update(role="email")
    start = audience("out", where("return_date", "empty"), schema="rental")
    body = "Dear {{ customer.first_name }}, please bring back {{ rental.inventory.film.title }}."
    _step, each = sending(start, prefix="a", recipient_path=["customer"], mode="record", body=body)
    assert len(each) == len({(*row["recipient_key"], *row["entity_key"]) for row in each}) == 183
    assert all(row["context"]["rental"]["inventory"]["film"]["title"] for row in each)
    listed = "{% for rental in records %}{{ rental.inventory.film.title }}{% endfor %}"
    _step, people = sending(start, prefix="b", recipient_path=["customer"], mode="recipient", body=listed)
    messages = [row for row in people if row["context"] is not None]
    assert (len(people), len(messages)) == (183, 159)
    assert sum(len(row["context"]["records"]) for row in messages) == 183
