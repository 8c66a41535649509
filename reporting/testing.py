"""A small world for tests of figures: campaigns with runs, messages and events, written straight into the ledger."""

import itertools
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from campaigns.choices import Channel, VersionStatus
from campaigns.models import Campaign, Version
from orchestration.choices import EventKind, MessageState, RunKind, RunStatus, TaskStatus
from orchestration.models import Event, Message, Run, Task

numbers = itertools.count(1)
LAUNCHED = datetime(2026, 11, 12, 8, 0, tzinfo=timezone.get_fixed_timezone(0))


def a_user(name: str = "", **more: Any) -> Any:
    return get_user_model().objects.create_user(username=name or f"user-{secrets.token_hex(4)}", **more)


def a_campaign(name: str = "Winter offers", description: str = "") -> Campaign:
    """A campaign with one live version."""
    campaign = Campaign.objects.create(name=name, description=description)
    author, approver = a_user(), a_user()
    Version.objects.create(
        campaign=campaign,
        number=1,
        status=VersionStatus.LIVE,
        digest="d" * 64,
        submitted_by=author,
        approved_by=approver,
        submitted_at=LAUNCHED,
        approved_at=LAUNCHED,
    )
    return campaign


def a_run(campaign: Campaign, status: str = RunStatus.COMPLETED, kind: str = RunKind.LIVE, started: datetime = LAUNCHED) -> Run:
    finished = started + timedelta(hours=2) if status in (RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS, RunStatus.STOPPED) else None
    return Run.objects.create(
        version=campaign.latest,
        kind=kind,
        status=status,
        trigger_key=secrets.token_hex(8),
        scheduled_at=started,
        seed="s",
        started_at=started,
        finished_at=finished,
    )


def a_task(
    run: Run, uid: str = "mail", kind: str = "email", label: str = "Winter mail", rows: tuple[int, int, int] | None = None, **more: Any
) -> Task:
    """`rows` is (in, out, complement); the counts of a task that has not come so far are None."""
    rows_in, rows_out, complement = rows or (None, None, 0)
    fields = {"status": TaskStatus.DONE, "started_at": run.started_at, "finished_at": run.finished_at} | more
    return Task.objects.create(
        run=run, activity_uid=uid, kind=kind, label=label, rows_in=rows_in, rows_out=rows_out, complement=complement, **fields
    )


def messages(
    task: Task, count: int, state: str = MessageState.SENT, at: datetime | None = None, every: timedelta = timedelta(), **more: Any
) -> list[Message]:
    """`count` messages in `state`; the sent ones left from `at` on, one `every` so often."""
    start = at or task.run.started_at or LAUNCHED
    rows = [a_message(task, state, start + every * n, **more) for n in range(count)]
    made = Message.objects.bulk_create(rows, batch_size=5000)
    for message, row in zip(made, rows, strict=True):
        message.created_at = row.sent_at or start
    Message.objects.bulk_update(made, ["created_at"], batch_size=5000)
    return made


def a_message(task: Task, state: str, at: datetime, **more: Any) -> Message:
    n = next(numbers)
    fields = {
        "channel": Channel.EMAIL, "recipient_key": f"[{n}]", "entity_key": f"[{n}]", "address": f"p{n}@example.com", "token": secrets.token_hex(8),
        "next_at": at, "expires_at": at + timedelta(days=3), "sent_at": at if state == MessageState.SENT else None,
    }  # fmt: skip
    return Message(run=task.run, task=task, activity_uid=task.activity_uid, state=state, **(fields | more))


def events(those: Iterable[Message], kind: str = EventKind.OPENED, after: timedelta = timedelta(minutes=5), **more: Any) -> list[Event]:
    """One event for each message, so long after it was sent."""
    rows = [Event(message=m, kind=kind, at=(m.sent_at or m.created_at) + after, **more) for m in those]
    return Event.objects.bulk_create(rows, batch_size=5000)
