"""Control: what people may do with a run that is under way. Everything is noted with who did it."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orchestration import advance
from orchestration.choices import RUN_FINISHED, MessageState, RunKind, RunStatus, TaskStatus
from orchestration.exceptions import RunError
from orchestration.models import LogLine, Message, Run, Task
from orchestration.readiness import require


def pause(run: Run, user: Any) -> Run:
    """Nothing new starts and nothing more is sent; queries under way are ended and will be made again."""
    with transaction.atomic():
        run = locked(run, user)
        expect(run, {RunStatus.RUNNING}, _("Only a running run can be paused."))
        advance.set_status(run, RunStatus.PAUSED)
        note(run, user, _("Paused"))
    end_queries(run)
    return run


def resume(run: Run, user: Any) -> Run:
    """The run goes on where it stood."""
    with transaction.atomic():
        run = locked(run, user)
        expect(run, {RunStatus.PAUSED}, _("Only a paused run can be resumed."))
        set_running(run)
        note(run, user, _("Resumed"))
        advance.wake_sending(run)
    advance.advance(run.pk)
    run.refresh_from_db()
    return run


def stop(run: Run, user: Any) -> Run:
    """The run has ended for good; what was not sent never will be."""
    with transaction.atomic():
        run = locked(run, user)
        if run.status in RUN_FINISHED:
            raise RunError(_("The run has ended already."))
        halt(run, user)
    end_queries(run)
    return run


def retry(task: Task, user: Any) -> Task:
    """The failed task starts again, and the run goes on from there."""
    with transaction.atomic():
        run = locked(task.run, user)
        task = Task.objects.select_for_update().get(pk=task.pk)
        expect(run, {RunStatus.RUNNING, RunStatus.FAILED}, _("The run has ended or is paused; nothing can be retried in it now."))
        if task.status != TaskStatus.FAILED:
            raise RunError(_("Only a failed activity can be retried."))
        Task.objects.filter(pk=task.pk).update(status=TaskStatus.PENDING, lost=0)
        note(run, user, _("Retry"), task)
        if run.status == RunStatus.FAILED:
            set_running(run)
    advance.advance(run.pk)
    task.refresh_from_db()
    return task


# --- parts ------------------------------------------------------------------------------------------------------------


def locked(run: Run, user: Any) -> Run:
    run = Run.objects.select_for_update(of=("self",)).select_related("version").get(pk=run.pk)
    own_test = run.kind == RunKind.TEST and user.is_active and user.has_perm("orchestration.test_run")
    if not own_test:
        require(user, "orchestration.control_run", _("You may not control runs."))
    return run


def expect(run: Run, statuses: set[RunStatus], text: str) -> None:
    if run.status not in statuses:
        raise RunError(text)


def halt(run: Run, user: Any) -> None:
    """Stopped, with everything that was still open in it; callers hold the lock."""
    run.tasks.exclude(status=TaskStatus.DONE).update(status=TaskStatus.STOPPED, finished_at=timezone.now())
    Message.objects.filter(run=run, state=MessageState.QUEUED).update(state=MessageState.CANCELLED)
    note(run, user, _("Stopped"))
    advance.set_status(run, RunStatus.STOPPED)


def set_running(run: Run) -> None:
    advance.set_status(run, RunStatus.RUNNING)


def note(run: Run, user: Any, text: str, task: Task | None = None) -> None:
    LogLine.objects.create(run=run, task=task, by=user if getattr(user, "pk", None) else None, text=text)


def end_queries(run: Run) -> None:
    """Long queries of the run are cancelled; their sessions carry its number as application name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, %s) AND pid <> pg_backend_pid()",
            [f"run:{run.pk}:"],
        )
