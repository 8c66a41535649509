"""Clock: finds what is due and what was forgotten, and repairs it. Any number of clocks may tick; nothing depends on one."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaigns.choices import VersionStatus
from campaigns.exceptions import CampaignError
from campaigns.models import Version
from orchestration import advance, launch, reap, work_tables
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.exceptions import RunError
from orchestration.execute import MAX_LOST
from orchestration.hints import hint_sending, hint_task
from orchestration.models import LogLine, Run, Task
from schemas import jobs as schema_jobs

log = logging.getLogger(__name__)
LOCK = 0x7475_7474_69  # "tutti"
HINT_SECONDS = 30  # a hint this old was lost


def tick() -> bool:
    """One pass over everything, in one transaction; False when another clock is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        for chore in CHORES:
            attempt(chore)
    return True


def attempt(chore: Callable[[], object]) -> None:
    """One chore that fails must not keep the others from being done."""
    try:
        with transaction.atomic():
            chore()
    except Exception:
        log.exception("The clock could not do: %s", chore.__name__)
        if not connection.is_usable():
            raise


def count_for_review() -> None:
    """Each version in review has a test run of exactly what is to be approved, so that counts stand beside it."""
    tested = Run.objects.filter(version=OuterRef("pk"), kind=RunKind.TEST)
    # By date too: a sender that was changed since gives each new test another digest, and one test is enough.
    counted = Exists(tested.filter(Q(digest=OuterRef("digest")) | Q(created_at__gte=OuterRef("submitted_at"))))
    waiting = Version.objects.filter(~counted, status=VersionStatus.IN_REVIEW, submitted_by__isnull=False)
    for version in waiting.select_related("submitted_by"):
        try:
            with transaction.atomic():
                launch.start_test(version, version.submitted_by)
        except (RunError, CampaignError) as error:
            log.info("Version %s in review cannot be tested: %s", version.pk, error)


def revive_lost() -> None:
    """A task whose worker died starts again; after a few times it waits for a person instead."""
    silent = Now() - timedelta(seconds=settings.TASK_LOST_SECONDS)
    lost = Task.objects.select_for_update(skip_locked=True, of=("self",)).filter(status=TaskStatus.RUNNING, heartbeat_at__lt=silent)
    for task in lost.select_related("run"):
        again = task.lost < MAX_LOST
        text = _("The worker was lost; trying again.") if again else _("The worker was lost several times. Look at its log, then retry.")
        status = TaskStatus.PENDING if again else TaskStatus.FAILED
        Task.objects.filter(pk=task.pk).update(status=status, lost=F("lost") + 1, error="" if again else text)
        LogLine.objects.create(run=task.run, task=task, level="warning" if again else "error", text=text)


def advance_runs() -> None:
    for run_id in Run.objects.filter(status=RunStatus.RUNNING).values_list("pk", flat=True):
        advance.advance(run_id)


def repeat_hints() -> None:
    """Work that nobody took up within half a minute is announced again."""
    old = Now() - timedelta(seconds=HINT_SECONDS)
    running = Task.objects.filter(run__status=RunStatus.RUNNING)
    for task in running.filter(status=TaskStatus.QUEUED, queued_at__lt=old):
        Task.objects.filter(pk=task.pk).update(queued_at=Now())
        hint_task(task)
    for task in running.filter(Q(heartbeat_at=None) | Q(heartbeat_at__lt=old), status=TaskStatus.SENDING):
        Task.objects.filter(pk=task.pk).update(heartbeat_at=Now())
        hint_sending(task)


def reap_messages() -> None:
    reap.reap()


def requeue_imports() -> None:
    schema_jobs.requeue_waiting()


def drop_old() -> None:
    work_tables.drop_old_work_tables()


CHORES: list[Callable[[], object]] = [
    launch.start_due, count_for_review, revive_lost, advance_runs, repeat_hints, reap_messages, requeue_imports, drop_old,
]  # fmt: skip
