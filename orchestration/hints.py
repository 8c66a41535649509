"""Hints to workers: "something can be done now". Losing, doubling or delaying one changes nothing."""

import logging
from functools import partial

import django_rq
from django.db import transaction
from redis.exceptions import RedisError

from orchestration.models import Task

log = logging.getLogger(__name__)
SLOTS = 2  # jobs that may send for one task at the same time
NO_LIMIT = -1  # RQ's time limit is a signal that could land between a reply and its record; our own limits are cooperative
FAILED_JOB_SECONDS = 86400


def hint(queue: str, function: str, *ids: int | str, job_id: str) -> None:
    """Wake a worker after the commit; without Redis nothing breaks, because the clock finds the work by itself."""
    transaction.on_commit(partial(push, queue, function, ids, job_id))


def push(queue_name: str, function: str, ids: tuple[int | str, ...], job_id: str) -> bool:
    """Put one job on the queue, in place of an older one of the same id."""
    try:
        queue = django_rq.get_queue(queue_name, commit_mode="auto")
        queue.remove(job_id)
        queue.enqueue(
            f"orchestration.jobs.{function}", *ids, job_id=job_id, job_timeout=NO_LIMIT, result_ttl=0, failure_ttl=FAILED_JOB_SECONDS
        )
    except (RedisError, OSError) as error:
        log.warning("Hint %s failed, the clock will repair it: %s", job_id, error)
        return False
    return True


def hint_task(task: Task) -> None:
    hint("run", "run_task", task.pk, task.epoch, job_id=f"task-{task.pk}-{task.epoch}")


def hint_sending(task: Task) -> None:
    for slot in range(SLOTS):
        hint("send", "send_messages", task.pk, f"{slot}a", job_id=f"send-{task.pk}-{slot}a")
