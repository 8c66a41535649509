"""State: what a run looks like now, for screens; every figure comes from the tasks and the ledger."""

from collections import defaultdict
from typing import Any

from django.db.models import Count
from django.utils import timezone

from orchestration.accounting import reason_label
from orchestration.choices import MESSAGE_OPEN, TaskStatus
from orchestration.models import Message, Run, Task


def state(run: Run) -> dict[str, Any]:
    """The run and its tasks as JSON values."""
    sending = sending_by_task(run)
    return {
        "run": {
            "id": run.pk,
            "kind": run.kind,
            "status": run.status,
            "status_label": run.get_status_display(),
            "error": run.error,
            "started": moment(run.started_at),
            "finished": moment(run.finished_at),
        },
        "tasks": {task.activity_uid: task_state(task, sending.get(task.pk)) for task in run.tasks.all()},
    }


def task_state(task: Task, sending: dict[str, int] | None) -> dict[str, Any]:
    return {
        "id": task.pk,
        "label": task.label,
        "kind": task.kind,
        "status": task.status,
        "status_label": task.get_status_display(),
        "rows_in": task.rows_in,
        "rows_out": task.rows_out,
        "complement": task.complement,
        "excluded": task.excluded,
        "excluded_labels": {reason: reason_label(reason) for reason in task.excluded},
        "counts": task.counts,
        "seconds": seconds(task),
        "error": task.error,
        "waits_until": moment(task.not_before) if task.status == TaskStatus.WAITING else None,
        "sending": sending,
    }


def moment(at: Any) -> str | None:
    return at.isoformat() if at else None


def seconds(task: Task) -> float | None:
    """How long the task has been at work, or took."""
    if not task.started_at or task.status in {TaskStatus.PENDING, TaskStatus.QUEUED}:
        return None
    until = task.finished_at or timezone.now()
    return round(max((until - task.started_at).total_seconds(), 0.0), 2)


def sending_by_task(run: Run) -> dict[int, dict[str, int]]:
    """Planned messages of each task by state; those still to be sent together as `open`."""
    found: dict[int, dict[str, int]] = defaultdict(
        lambda: {"planned": 0, "sent": 0, "failed": 0, "unknown": 0, "suppressed": 0, "cancelled": 0, "expired": 0, "open": 0}
    )
    rows = Message.objects.filter(run=run, planned=True).order_by().values_list("task_id", "state").annotate(n=Count("id"))
    for task_id, name, n in rows:
        found[task_id]["planned"] += n
        found[task_id]["open" if name in MESSAGE_OPEN else name] += n
    return dict(found)
