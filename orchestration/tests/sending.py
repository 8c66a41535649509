"""Runs, tasks and prepared tables for the tests of delivery, made directly."""

import json
from dataclasses import dataclass
from html import escape
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from psycopg import sql

from campaigns.choices import VersionStatus
from campaigns.models import Campaign, Version
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.models import Message, Run, Task
from orchestration.prepare import prepare

UID = "mail1"


def content() -> dict[str, Any]:
    return {
        "content": {},
        "sender": {"from_name": "Shop", "from_email": "shop@example.org", "reply_to": ""},
        "category": "marketing",
        "mode": "recipient",
    }


def step(consent_now: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    return {"type": "send", "channel": "email", "settings": {**content(), **settings}, "consent_now": consent_now}


def make_task(kind: str = RunKind.LIVE, status: str = RunStatus.RUNNING, number: int = 1, plan: dict[str, Any] | None = None) -> Task:
    user, _made = get_user_model().objects.get_or_create(username="owner")
    campaign, _made = Campaign.objects.get_or_create(name="Autumn", defaults={"owner": user})
    approver, _made = get_user_model().objects.get_or_create(username="approver")
    signed = {"status": VersionStatus.LIVE, "digest": "d", "submitted_by": user, "approved_by": approver}
    version, _made = Version.objects.get_or_create(campaign=campaign, number=1, defaults=signed)
    run = Run.objects.create(
        version=version, kind=kind, status=status, trigger_key=f"{kind}{number}", scheduled_at=timezone.now(), seed="s", plan=plan or {}
    )
    return Task.objects.create(run=run, activity_uid=UID, kind="email", label="Mail", status=TaskStatus.SENDING)


def prepared(
    name: str, rows: list[tuple[list[Any], str | None, bool | None] | tuple[list[Any], str | None, bool | None, dict[str, Any]]]
) -> str:
    """A prepared work table: (key, address, consent[, context]) for each row; about nothing else than the recipient."""
    with connection.cursor() as cursor:
        table = sql.Identifier("work", name)
        cursor.execute(
            sql.SQL("CREATE TABLE {} (recipient_key jsonb, entity_key jsonb, address text, consent boolean, context jsonb)").format(table)
        )
        for key, address, consent, *context in rows:
            values = [json.dumps(key), json.dumps(key), address, consent, json.dumps(context[0] if context else {"first_name": "Ann"})]
            cursor.execute(sql.SQL("INSERT INTO {} VALUES (%s, %s, %s, %s, %s)").format(table), values)
    return name


@dataclass
class Shown:
    """Stands in for the rendered mail: delivery does not care what is in it."""

    subject: str
    preheader: str
    html: str
    text: str


@dataclass
class Plain:
    language: str = "fr"

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Plain":
        return cls()


def plain_render(content: Plain, context: dict[str, Any], *, link_for: Any, open_url: str, unsubscribe_url: str) -> Shown:
    name = context["first_name"]
    link = link_for(0, "https://shop.example.org/?a=1&b=2")
    html = f'<p>Hello {escape(name)}</p><a href="{link}">Shop</a><a href="{unsubscribe_url}">Unsubscribe</a><img src="{open_url}">'
    return Shown(f"Hello {name}", "", html, f"Hello {name}\n{link}\n{unsubscribe_url}\n")


def plan_with(send: dict[str, Any]) -> dict[str, Any]:
    return {"prefix": "r1", "activities": [{"uid": UID, "inputs": [], "ports": [], "copies": False, "steps": [send]}]}


def filled(count: int, send: dict[str, Any] | None = None, rows: list[Any] | None = None, number: int = 1) -> Task:
    """A task whose ledger holds messages ready to go."""
    send = send or step()
    task = make_task(number=number, plan=plan_with(send))
    table = prepared(f"p{task.pk}", rows or [([n], f"person{n}@example.org", True) for n in range(1, count + 1)])
    prepare(task, send, table)
    return task


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found
