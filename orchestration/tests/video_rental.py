"""Campaigns about the Sakila video rental, and what their mails must say by its files alone."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from campaigns.models import Version
from campaigns.testing import audience, draw, sender, where
from orchestration import launch
from orchestration.models import Run
from orchestration.roles import APPROVER, MARKETER
from orchestration.testing import approved, person, run_to_end
from schemas.testing import sakila_folder

STILL_OUT = where("return_date", "empty")
FILMS_URL = "https://video.example/films"
PER_RENTAL = (
    "<mj-text>Dear {{ customer.first_name }}, please bring back <b>{{ rental.inventory.film.title }}</b>. "
    f'<a href="{FILMS_URL}">More films</a></mj-text>'
)
PER_CUSTOMER = (
    "<mj-text>Dear {{ customer.first_name }}:{% for rental in records %} <b>{{ rental.inventory.film.title }}</b>;{% endfor %}</mj-text>"
)
COLLECTED = "<mj-text>Dear {{ customer.first_name }}:{% for film in films_out %} <b>{{ film.title }}</b>;{% endfor %}</mj-text>"


def linked(quantifier: str = "any", *items: Any, path: str = "rentals", **more: Any) -> dict[str, Any]:
    inner = {"kind": "group", "op": "and", "not": False, "items": list(items)}
    return {"kind": "link", "path": [path], "quantifier": quantifier, "field": None, "where": inner, **more}


def mail(uid: str, body: str, mode: str = "recipient", path: tuple[str, ...] = ()) -> dict[str, Any]:
    config = {
        "sender": sender().pk, "subject": "{{ customer.first_name }}, your films", "preheader": "", "body": body, "text": "",
        "mode": mode, "recipient_path": list(path), "category": "marketing", "language": "en",
    }  # fmt: skip
    return {"uid": uid, "kind": "email", "config": config}


def collect_films() -> dict[str, Any]:
    """Enrich: the titles of the films still out."""
    films = {
        "kind": "collection", "path": ["rentals"], "alias": "films_out", "label": "Films out", "limit": 10, "where": linked("any", STILL_OUT)["where"],
        "sort": {"path": [], "field": "rental_date", "direction": "asc"},
        "fields": [{"path": ["inventory", "film"], "field": "title", "name": "title"}],
    }  # fmt: skip
    return {"uid": "films", "kind": "enrich", "config": {"entries": [films]}}


def line(author: Any, *boxes: dict[str, Any], name: str = "Films still out") -> Version:
    """Boxes one after the other, and an end."""
    activities = [*boxes, {"uid": "end", "kind": "end"}]
    uids = [box["uid"] for box in activities]
    return draw(author, activities, [f"{a}>{b}" for a, b in zip(uids, uids[1:], strict=False)], name)


def about_rentals(author: Any) -> Version:
    """One mail for each film that is out, to whoever has it."""
    return line(author, audience("out", STILL_OUT, schema="rental"), mail("mail", PER_RENTAL, "record", ("customer",)))


def about_customers(author: Any) -> Version:
    """The same population, and one mail for each customer about all of their films."""
    return line(author, audience("out", STILL_OUT, schema="rental"), mail("mail", PER_CUSTOMER, "recipient", ("customer",)))


def with_collection(author: Any) -> Version:
    """Customers, to whom their films were added."""
    return line(author, audience("out", linked("any", STILL_OUT)), collect_films(), mail("mail", COLLECTED))


def people() -> tuple[Any, Any]:
    """Who draws and launches, and who approves."""
    return person("mia", MARKETER), person("ava", APPROVER)


def launched(version: Version, author: Any, approver: Any) -> Run:
    """Submitted, counted, approved by the other and launched; nothing has been done yet."""
    return launch.launch(approved(version, author, approver), author)


def tested(version: Version, author: Any) -> Run:
    return run_to_end(launch.start_test(version, author))


# --- what the files say -----------------------------------------------------------------------------------------------


def records(name: str) -> Iterator[dict[str, str]]:
    with (sakila_folder() / f"{name}.csv").open(newline="") as file:
        yield from csv.DictReader(file)


def titles_out() -> list[tuple[str, str]]:
    """(address, title) of each rental that was not returned, read without the product."""
    addresses = {row["customer_id"]: row["email"] for row in records("customer")}
    titles = {row["film_id"]: row["title"] for row in records("film")}
    films = {row["inventory_id"]: titles[row["film_id"]] for row in records("inventory")}
    return sorted((addresses[row["customer_id"]], films[row["inventory_id"]]) for row in records("rental") if not row["return_date"])


def titles_by_address() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for address, title in titles_out():
        found[address].append(title)
    return dict(found)


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]
