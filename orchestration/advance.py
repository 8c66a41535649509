"""Advance: one pass forward over a run. It may be called at any time, by anybody, any number of times."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import publish
from campaigns.choices import VersionStatus
from orchestration import deliver
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.hints import hint_sending, hint_task
from orchestration.models import LogLine, Run, Task
from orchestration.plan import Plan

AT_WORK = {TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.WAITING, TaskStatus.SENDING}


@transaction.atomic
def advance(run_id: int) -> None:
    """Everything that can start has started, what is settled is done, and a run that is over has ended."""
    run = Run.objects.select_for_update(of=("self",)).select_related("version").filter(pk=run_id).first()
    if not run or run.status != RunStatus.RUNNING:
        return
    tasks = {task.activity_uid: task for task in run.tasks.all()}
    for task in tasks.values():
        if task.status == TaskStatus.SENDING and deliver.settled(task):
            end_sending(task)
        elif task.status == TaskStatus.WAITING and task.not_before and task.not_before <= timezone.now():
            queue(task)
    for activity in Plan(run.plan):
        task = tasks[activity.uid]
        if task.status == TaskStatus.PENDING and all(tasks[uid].status == TaskStatus.DONE for uid in activity.waits_for):
            queue(task)
    if not any(task.status in AT_WORK for task in tasks.values()):
        end(run, list(tasks.values()))


def queue(task: Task) -> None:
    """A new attempt is asked for; jobs for older attempts do nothing from now on."""
    Task.objects.filter(pk=task.pk).update(
        status=TaskStatus.QUEUED, epoch=F("epoch") + 1, queued_at=timezone.now(), error="", finished_at=None
    )
    task.refresh_from_db()
    hint_task(task)


def end_sending(task: Task) -> None:
    Task.objects.filter(pk=task.pk, status=TaskStatus.SENDING).update(status=TaskStatus.DONE, finished_at=timezone.now(), heartbeat_at=None)
    task.refresh_from_db()


def end(run: Run, tasks: list[Task]) -> None:
    """The run is over, or stands still until somebody retries what failed."""
    failed = [task for task in tasks if task.status == TaskStatus.FAILED]
    if failed:
        error = _("Failed: %(activities)s") % {"activities": ", ".join(task.label for task in failed)}
        set_status(run, RunStatus.FAILED, error)
        return
    bad = unsent(run)
    if bad:
        set_status(run, RunStatus.COMPLETED_WITH_ERRORS, _("%(n)s messages failed or could not be verified.") % {"n": bad})
    else:
        set_status(run, RunStatus.COMPLETED)


def unsent(run: Run) -> int:
    """Messages that did not arrive for sure, or of which nobody knows."""
    return sum(figures["failed"] + figures["unknown"] + figures["expired"] for figures in deliver.summary(run).values())


FINAL = {RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS, RunStatus.STOPPED, RunStatus.FAILED}
VERSION_STATUS = {
    RunStatus.SCHEDULED: VersionStatus.SCHEDULED,
    RunStatus.RUNNING: VersionStatus.LIVE,
    RunStatus.PAUSED: VersionStatus.PAUSED,
    RunStatus.COMPLETED: VersionStatus.COMPLETED,
    RunStatus.COMPLETED_WITH_ERRORS: VersionStatus.COMPLETED_WITH_ERRORS,
    RunStatus.FAILED: VersionStatus.FAILED,
    RunStatus.STOPPED: VersionStatus.STOPPED,
}


def set_status(run: Run, status: RunStatus, error: str = "") -> None:
    """The run and, when it is live, its version have this status; callers hold the run's lock."""
    run.status, run.error = status, error
    run.finished_at = timezone.now() if status in FINAL else None
    run.save(update_fields=["status", "error", "finished_at"])
    if run.kind == RunKind.LIVE:
        publish.set_status(run.version, VERSION_STATUS[status])
    if status in FINAL:
        LogLine.objects.create(
            run=run, text=_("The run ended: %(status)s.") % {"status": run.get_status_display()}, level="error" if error else "info"
        )


def wake_sending(run: Run) -> None:
    for task in run.tasks.filter(status=TaskStatus.SENDING):
        hint_sending(task)
