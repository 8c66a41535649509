"""RQ jobs: what workers run when they are woken. They carry ids only; PostgreSQL says what is true."""

import logging

from django.utils import timezone

from orchestration import advance, deliver, execute
from orchestration.choices import TaskStatus
from orchestration.hints import push
from orchestration.models import Task

log = logging.getLogger(__name__)


def advance_run(run_id: int) -> None:
    """One pass forward over a run."""
    advance.advance(run_id)


def run_task(task_id: int, epoch: int) -> None:
    """Do one task, if it is still wanted, then see what has become possible."""
    task = execute.run_task(task_id, epoch)
    if task:
        advance.advance(task.run_id)


def send_messages(task_id: int, slot: str = "0a") -> None:
    """Send for a while, then wake the next job of the same slot; two names take turns, so jobs never pile up."""
    task = Task.objects.filter(pk=task_id, status=TaskStatus.SENDING).first()
    if not task:
        log.info("Task %s is not sending; nothing to do.", task_id)
        return
    Task.objects.filter(pk=task_id, status=TaskStatus.SENDING).update(heartbeat_at=timezone.now())
    tried = deliver.send_some(task_id)
    if deliver.settled(task):
        advance.advance(task.run_id)
    elif tried:
        other = slot[:-1] + ("b" if slot.endswith("a") else "a")
        push("send", "send_messages", (task_id, other), f"send-{task_id}-{other}")
