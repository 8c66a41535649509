"""The saved questions of the sample shop."""

from typing import Any

from django.contrib.auth.models import User

from campaigns.models import Audience
from schemas.models import Schema

Rule = dict[str, Any]


def rule(schema: str, *items: Rule, op: str = "and") -> Rule:
    return {"version": 1, "schema": schema, "where": group(*items, op=op)}


def group(*items: Rule, op: str = "and") -> Rule:
    return {"kind": "group", "op": op, "not": False, "items": list(items)}


def condition(field: str, op: str, value: Any = None, path: tuple[str, ...] = ()) -> Rule:
    found = {"kind": "condition", "path": list(path), "field": field, "op": op}
    return found if value is None else found | {"value": value}


def linked(path: str, quantifier: str, *where: Rule) -> Rule:
    return {"kind": "link", "path": path.split("."), "quantifier": quantifier, "field": None, "where": group(*where)}


def relative(amount: int, unit: str) -> Rule:
    return {"amount": amount, "unit": unit}


LAST_MONTH = [condition("placed_at", "within_last", relative(30, "day")), condition("status", "ne", "cancelled")]

LOYAL = rule("client", condition("loyalty_tier", "in", ["gold", "platinum"]), linked("orders", "any", *LAST_MONTH))
HOME_BUYERS = rule(
    "client",
    linked(
        "orders.lines",
        "any",
        condition("category", "eq", "Home", path=("product",)),
        condition("placed_at", "within_last", relative(30, "day"), path=("order",)),
        condition("status", "ne", "cancelled", path=("order",)),
    ),
)
SOON_TRAVELLING = rule("booking", condition("status", "eq", "confirmed"), condition("starts_on", "within_next", relative(30, "day")))
READERS = rule(
    "client",
    linked("subscriptions", "any", condition("service", "eq", "newsletter"), condition("consent", "is_true")),
    linked("orders", "none"),
)

AUDIENCES = [  # name, description, rule
    ("Loyal and active", "Gold and platinum clients who ordered within the last 30 days.", LOYAL),
    ("Bought for the home", "Clients with an order line from Home within the last 30 days.", HOME_BUYERS),
    ("Leaving within a month", "Confirmed bookings that start within the next 30 days.", SOON_TRAVELLING),
    ("Readers who never ordered", "Clients who agreed to the newsletter and have no order yet.", READERS),
]


def save_audiences(owner: User | None) -> None:
    """Each sample audience exists; those that somebody changed stay as they are."""
    for name, description, question in AUDIENCES:
        schema = Schema.objects.get(name=question["schema"])
        Audience.objects.get_or_create(name=name, defaults={"description": description, "schema": schema, "rule": question, "owner": owner})
