"""People and a drawing that the tests of this folder share."""

from typing import Any

import pytest

from campaigns.models import Sender, Version
from campaigns.testing import draw
from orchestration.models import ProviderAccount
from orchestration.roles import APPROVER, MARKETER
from orchestration.testing import person
from schemas.testing import small_world


@pytest.fixture
def author(db: None) -> Any:
    return person("mia", MARKETER)


@pytest.fixture
def approver(db: None) -> Any:
    return person("ava", APPROVER)


def audience(uid: str, city: str | None = None, label: str = "") -> dict[str, Any]:
    items = [{"kind": "condition", "path": [], "field": "city", "op": "eq", "value": city}] if city else []
    rule = {"version": 1, "schema": "customer", "where": {"kind": "group", "op": "and", "not": False, "items": items}}
    return {"uid": uid, "kind": "build_audience", "label": label or uid, "config": {"dimension": "customer", "rule": rule}}


def arrow(source: str, target: str, port: str = "out") -> dict[str, Any]:
    return {"source": source, "source_port": port, "target": target}


@pytest.fixture
def forked(author: Any) -> Version:
    return forked_version(author)


def forked_version(author: Any) -> Version:
    """Everybody, halved by chance; one half ends at once, of the other one for each address."""
    small_world()
    half = {"subsets": [{"label": "Half", "rule": None, "limit_kind": "percent", "limit": 50, "sort": None}]}
    activities = [
        audience("all", label="Everybody"),
        {"uid": "split", "kind": "split", "label": "Halves", "config": half},
        {"uid": "end1", "kind": "end", "label": "First end", "config": {}},
        {"uid": "dedup", "kind": "deduplicate", "label": "One per address", "config": BY_EMAIL},
        {"uid": "end2", "kind": "end", "label": "Second end", "config": {}},
    ]
    transitions = [arrow("all", "split"), arrow("split", "end1", "out_1"), arrow("split", "dedup", "complement"), arrow("dedup", "end2")]
    return draw(author, activities=activities, transitions=transitions)


BY_EMAIL = {"fields": [{"path": [], "field": "email"}], "method": "chance", "keep": 1}


@pytest.fixture
def mailing(author: Any) -> Version:
    """Everybody gets a mail with their first name in it."""
    small_world()
    sender = Sender.objects.create(
        name="Shop", from_name="The Shop", from_email="shop@tutti.localhost", postal_address="1 Main Street, Paris"
    )
    content = {
        "sender": sender.pk, "subject": "Hello {{ customer.first_name }}", "preheader": "", "text": "", "mode": "recipient",
        "body": "<mj-text>Dear {{ customer.first_name }}, <a href=\"https://shop.example/new\">new things</a></mj-text>",
        "recipient_path": [], "category": "marketing", "language": "en",
    }  # fmt: skip
    mail = {"uid": "mail", "kind": "email", "label": "Invitation", "config": content, "x": 352, "y": 0}
    end = {"uid": "end", "kind": "end", "label": "End", "config": {}, "x": 704, "y": 0}
    return draw(
        author, activities=[audience("all", label="Everybody"), mail, end], transitions=[arrow("all", "mail"), arrow("mail", "end")]
    )


@pytest.fixture
def account(mailing: Version) -> ProviderAccount:
    """The sender of the mailing has an account that sends to the local inbox."""
    found = ProviderAccount.objects.create(name="Local inbox", provider="smtp")
    found.senders.set(Sender.objects.all())
    return found
