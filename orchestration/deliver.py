"""Deliver: send what the ledger holds, by the protocol that never sends a message twice on its own account."""

from collections import defaultdict
from typing import Any

from django.db.models import Count

from orchestration.choices import MESSAGE_OPEN
from orchestration.models import Message, Run, Task
from orchestration.prepare import prepare

__all__ = ["prepare", "settled", "summary"]


def settled(task: Task) -> bool:
    """Nothing of this task can be sent any more."""
    return not Message.objects.filter(task=task, state__in=MESSAGE_OPEN).exists()


def summary(run: Run) -> dict[str, dict[str, Any]]:
    """For each channel: planned = sent + failed + unknown + suppressed + cancelled + expired + open; excluded stands apart."""
    found: dict[str, dict[str, Any]] = defaultdict(empty_summary)
    rows = Message.objects.filter(run=run).order_by().values_list("channel", "planned", "state", "reason").annotate(n=Count("id"))
    for channel, planned, state, reason, n in rows:
        figures = found[channel]
        if not planned:
            figures["excluded"][reason] = figures["excluded"].get(reason, 0) + n
            continue
        figures["planned"] += n
        figures["open" if state in MESSAGE_OPEN else state] += n
    return dict(found)


def empty_summary() -> dict[str, Any]:
    return {"planned": 0, "sent": 0, "failed": 0, "unknown": 0, "suppressed": 0, "cancelled": 0, "expired": 0, "open": 0, "excluded": {}}
