"""The messages behind a number: a figure's key becomes a condition on the ledger."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from orchestration.choices import MESSAGE_OPEN, EventKind, MessageState
from orchestration.models import Event, Message, Run


def with_event(kind: str, **more: object) -> Exists:
    return Exists(Event.objects.filter(message=OuterRef("pk"), kind=kind, **more))


SENT = Q(state=MessageState.SENT)
ROWS: dict[str, Any] = {
    "planned": Q(planned=True),
    "excluded": Q(planned=False),
    "sent": SENT,
    "delivered": SENT & ~with_event(EventKind.BOUNCED),
    "bounced": SENT & with_event(EventKind.BOUNCED),
    "failed": Q(planned=True, state=MessageState.FAILED),
    "unknown": Q(planned=True, state=MessageState.UNKNOWN),
    "suppressed": Q(planned=True, state=MessageState.SUPPRESSED),
    "cancelled": Q(planned=True, state=MessageState.CANCELLED),
    "expired": Q(planned=True, state=MessageState.EXPIRED),
    "waiting": Q(planned=True, state__in=MESSAGE_OPEN),
    "opened": with_event(EventKind.OPENED, machine=False),
    "clicked": with_event(EventKind.CLICKED, machine=False),
    "unsubscribed": with_event(EventKind.UNSUBSCRIBED),
    "complained": with_event(EventKind.COMPLAINED),
    "machine_opened": with_event(EventKind.OPENED, machine=True),
    "machine_clicked": with_event(EventKind.CLICKED, machine=True),
}


def rows_behind(run: Run, rows: str, activity: str = "", reason: str = "") -> QuerySet[Message]:
    """The messages that the figure counts; an unknown key has none."""
    if rows not in ROWS:
        return Message.objects.none()
    found = Message.objects.filter(ROWS[rows], run=run).order_by("pk")
    if activity:
        found = found.filter(activity_uid=activity)
    return found.filter(reason=reason) if reason else found
