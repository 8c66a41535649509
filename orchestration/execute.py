"""Execute: one attempt at one task. Its queries see one instant of the data; its results appear in the commit that marks it done."""

import logging
import os
import socket
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.flow import view_name
from orchestration import accounting, deliver, work_tables
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.exceptions import RunError
from orchestration.heartbeat import Heartbeat
from orchestration.models import LogLine, Run, Task, WorkTable
from orchestration.plan import PREPARED, Plan, PlannedActivity, statement
from orchestration.work_tables import Made
from schemas.exceptions import SchemaError
from schemas.query import audience_session, run

log = logging.getLogger(__name__)
MAX_LOST = 3  # times that the machine tries again on its own; people may retry as often as they like


class Halted(Exception):
    """The run was paused or stopped, or somebody else took the task over."""


@dataclass
class Attempt:
    """What the queries of a task brought, before anybody sees it."""

    made: list[Made] = field(default_factory=list)
    sources: dict[tuple[str, str], WorkTable] = field(default_factory=dict)  # what may be handed on
    considered: int | None = None
    excluded: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def rows(self, port: str) -> int:
        return next((made.rows for made in self.made if made.port == port), 0)

    def exclude(self, reason: str, rows: int) -> None:
        if rows:
            self.excluded[reason] = self.excluded.get(reason, 0) + rows


def run_task(task_id: int, epoch: int) -> Task | None:
    """The task is done, waiting, sending or failed afterwards; None when it was not ours to do."""
    task = claim(task_id, epoch)
    if not task:
        log.info("Task %s, attempt %s: not queued any more, nothing to do.", task_id, epoch)
        return None
    activity = Plan(task.run.plan).by_uid[task.activity_uid]
    if wait(task, activity):
        return task
    try:
        with Heartbeat(task) as heart:
            attempt = question(task, activity, heart)
        settle(task, activity, attempt)
    except Halted:
        if not set_aside(task):  # halted, and resumed a moment later
            give_back(task)
    except Exception as error:  # whatever it was, the box on the canvas must show it
        if not set_aside(task) and not try_again(task, error):
            fail(task, error)
    return task


def claim(task_id: int, epoch: int) -> Task | None:
    """Queued becomes running for exactly one of all who try."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    wanted = Task.objects.filter(still_running(), pk=task_id, epoch=epoch, status=TaskStatus.QUEUED)
    if not wanted.update(status=TaskStatus.RUNNING, worker=worker, heartbeat_at=Now(), started_at=Now(), error=""):
        return None
    return Task.objects.select_related("run__version").get(pk=task_id)


def still_running() -> Exists:
    """The task's run goes on. Not `run__status=…`: Django puts a join into a subquery, whose answer PostgreSQL does not
    look at again when it has waited for another claim of the same row, and both would win.
    """
    return Exists(Run.objects.filter(pk=OuterRef("run_id"), status=RunStatus.RUNNING))


def wait(task: Task, activity: PlannedActivity) -> bool:
    """A task that has to wait lets its worker go; the clock brings it back."""
    hold = activity.step("hold")
    if not hold:
        return False
    if task.run.kind == RunKind.TEST:
        LogLine.objects.create(run=task.run, task=task, text=_("A test run does not wait."))
        return False
    due = task.not_before or hold_until(hold)
    if due <= timezone.now():
        return False
    Task.objects.filter(pk=task.pk, epoch=task.epoch).update(status=TaskStatus.WAITING, not_before=due)
    LogLine.objects.create(
        run=task.run, task=task, text=_("Waiting until %(when)s.") % {"when": date_format(timezone.localtime(due), "DATETIME_FORMAT")}
    )
    return True


def hold_until(hold: dict[str, Any]) -> datetime:
    if hold["until"]:
        until = parse_datetime(hold["until"])
        if until:
            return until
    return timezone.now() + timedelta(seconds=hold["seconds"] or 0)


# --- the queries ------------------------------------------------------------------------------------------------------


def question(task: Task, activity: PlannedActivity, heart: Heartbeat) -> Attempt:
    """Run the steps as the audience role, all of them on one snapshot, so that what they count adds up."""
    attempt = Attempt(sources=handed_on(task, activity))
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with audience_session(settings.TASK_TIMEOUT_SECONDS) as cursor:
            cursor.execute("SELECT set_config('application_name', %s, true)", [f"run:{task.run_id}:task:{task.pk}"])
            for step in activity.steps:
                if heart.halted:
                    raise Halted
                do(cursor, task, activity, step, attempt)
    return attempt


def handed_on(task: Task, activity: PlannedActivity) -> dict[tuple[str, str], WorkTable]:
    """The tables behind Pass steps, looked up before the audience role takes over, which may not."""
    found = {}
    for step in activity.steps:
        if step["type"] == "pass":
            table = work_tables.newest(task.run, step["from_uid"], step["from_port"])
            if not table:
                raise RunError(_("The population that should arrive here is gone. Start the run again."))
            found[step["from_uid"], step["from_port"]] = table
    return found


def do(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> None:
    started = time.monotonic()
    said = STEPS[step["type"]](cursor, task, activity, step, attempt)
    if said:
        milliseconds = round((time.monotonic() - started) * 1000)
        attempt.lines.append(_("%(what)s (%(milliseconds)s ms)") % {"what": said, "milliseconds": milliseconds})


def new_table(task: Task, port: str) -> Made:
    view = view_name(f"r{task.run_id}", task.activity_uid, port)
    return Made(port, work_tables.table_name(view, task.epoch))


def rows_said(activity: PlannedActivity, rows: int, port: str) -> str:
    port = next((entry["label"] for entry in activity.ports if entry["key"] == port and entry["label"]), _("Result"))
    return ngettext("%(port)s: %(rows)s row", "%(port)s: %(rows)s rows", rows) % {"port": port, "rows": rows}


def fill(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> str:
    made = new_table(task, step["port"])
    made.dimension, made.columns = step["dimension"], step["columns"]
    work_tables.fill(cursor, made, statement(step), step["key"])
    attempt.made.append(made)
    return rows_said(activity, made.rows, made.port)


def hand_on(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> str:
    source = attempt.sources[step["from_uid"], step["from_port"]]
    made = new_table(task, step["port"])
    work_tables.hand_on(cursor, made, source)
    attempt.made.append(made)
    return rows_said(activity, made.rows, made.port)


def count(cursor: Any, step: dict[str, Any]) -> int:
    run(cursor, statement(step))
    return int(cursor.fetchone()[0] or 0)


def exclude(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> str:
    rows = count(cursor, step)
    attempt.exclude(step["reason"], rows)
    if not rows:
        return ""
    return _("Excluded, %(reason)s: %(rows)s") % {"reason": accounting.reason_label(step["reason"]), "rows": rows}


def consider(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> str:
    attempt.considered = (attempt.considered or 0) + count(cursor, step)
    return _("Looked at %(rows)s records") % {"rows": attempt.considered}


def want_messages(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> str:
    made = new_table(task, PREPARED)
    work_tables.fill(cursor, made, statement(step), ())
    attempt.made.append(made)
    return _("Messages wanted: %(rows)s") % {"rows": made.rows}


def nothing(cursor: Any, task: Task, activity: PlannedActivity, step: dict[str, Any], attempt: Attempt) -> str:
    return ""


STEPS = {
    "fill": fill,
    "pass": hand_on,
    "exclude": exclude,
    "consider": consider,
    "send": want_messages,
    "written": nothing,
    "hold": nothing,
    "finish": nothing,
}


# --- the end of an attempt --------------------------------------------------------------------------------------------


def settle(task: Task, activity: PlannedActivity, attempt: Attempt) -> None:
    """The populations are visible, the messages are in the ledger and the figures stored, all in one commit, or nothing is."""
    try:
        with transaction.atomic():
            with audience_session() as cursor:
                for made in attempt.made:
                    work_tables.show(cursor, task, f"r{task.run_id}", made)
            for made in attempt.made:
                work_tables.record(task, made)
            planned = prepare(task, activity, attempt)
            hand_on_written(task, activity, attempt)
            found = accounting.figures(
                activity, arrived(task, activity), attempt.considered, attempt.excluded, {m.port: m.rows for m in attempt.made}, planned
            )
            finish(task, found, sends=bool(planned) and task.run.kind == RunKind.LIVE)
            LogLine.objects.bulk_create(LogLine(run=task.run, task=task, text=line) for line in attempt.lines)
    except Exception:
        work_tables.drop_relations((made.kind, made.name) for made in attempt.made)
        raise


def prepare(task: Task, activity: PlannedActivity, attempt: Attempt) -> int | None:
    """Messages planned; who is left out, and why, joins the other reasons."""
    send = activity.step("send")
    if not send:
        return None
    name = next(made.name for made in attempt.made if made.port == PREPARED)
    told = deliver.prepare(task, send, name)
    for reason, rows in told["excluded"].items():
        attempt.exclude(reason, rows)
    attempt.lines.append(_("Messages planned: %(rows)s") % {"rows": told["planned"]})
    return int(told["planned"])


def hand_on_written(task: Task, activity: PlannedActivity, attempt: Attempt) -> None:
    """Who was written to goes on; known only now, and only in this transaction."""
    step = activity.step("written")
    if not step:
        return
    with audience_session(settings.TASK_TIMEOUT_SECONDS) as cursor:
        fill(cursor, task, activity, step, attempt)
        work_tables.show(cursor, task, f"r{task.run_id}", attempt.made[-1])
    work_tables.record(task, attempt.made[-1])


def arrived(task: Task, activity: PlannedActivity) -> int:
    """Rows that the transitions brought."""
    done = dict(task.run.tasks.filter(activity_uid__in=activity.waits_for).values_list("activity_uid", "counts"))
    return sum(done[entry["uid"]].get(entry["port"], 0) for entry in activity.inputs)


def finish(task: Task, found: accounting.Figures, sends: bool) -> None:
    """The fence: an attempt that is no longer wanted changes nothing."""
    updated = mine(task).filter(still_running()).update(
        status=TaskStatus.SENDING if sends else TaskStatus.DONE,
        rows_in=found.rows_in, rows_out=found.rows_out, complement=found.complement, excluded=found.excluded, counts=found.counts,
        finished_at=None if sends else Now(), heartbeat_at=None,
    )  # fmt: skip
    if not updated:
        raise Halted


def set_aside(task: Task) -> bool:
    """True when the attempt is not wanted any more; a paused run takes it up again later."""
    now = Task.objects.select_related("run").get(pk=task.pk)
    if now.epoch != task.epoch or now.status != TaskStatus.RUNNING:
        return True
    if now.run.status == RunStatus.RUNNING:
        return False
    status = TaskStatus.STOPPED if now.run.status == RunStatus.STOPPED else TaskStatus.PENDING
    mine(task).update(status=status)
    return True


def give_back(task: Task) -> bool:
    """The task waits to be queued again; false when it is not ours any more."""
    return bool(mine(task).update(status=TaskStatus.PENDING))


def try_again(task: Task, error: Exception) -> bool:
    """Two statements in each other's way, or one that was cancelled before its time: nobody's mistake, so it is tried again."""
    cause: BaseException = error
    while cause.__cause__:
        cause = cause.__cause__
    busy = isinstance(cause, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected)
    cancelled = isinstance(cause, psycopg.errors.QueryCanceled) and age(task) < settings.TASK_TIMEOUT_SECONDS
    if not (busy or cancelled) or task.lost >= MAX_LOST:
        return False
    LogLine.objects.create(run=task.run, task=task, level="warning", text=_("The database was busy; trying again."))
    Task.objects.filter(pk=task.pk).update(lost=F("lost") + 1)
    return give_back(task)


def age(task: Task) -> float:
    return (timezone.now() - task.started_at).total_seconds() if task.started_at else 0.0


def mine(task: Task) -> QuerySet[Task]:
    """The task, as long as this attempt is the one that counts."""
    return Task.objects.filter(pk=task.pk, epoch=task.epoch, status=TaskStatus.RUNNING)


def fail(task: Task, error: Exception) -> None:
    """The task shows what went wrong, and waits for a person to retry it."""
    if not isinstance(error, RunError | SchemaError | DatabaseError):
        log.exception("Run %s, task %s failed", task.run_id, task.pk)
    text = explained(error)
    if mine(task).update(status=TaskStatus.FAILED, error=text, finished_at=Now()):
        LogLine.objects.create(run=task.run, task=task, level="error", text=text)


def explained(error: Exception) -> str:
    if isinstance(error, SchemaError):
        return "\n".join(f"{problem.text} {problem.hint}".strip() for problem in error.problems)
    if isinstance(error, RunError):
        return str(error)
    return _("The step could not be executed: %(error)s") % {"error": str(error).strip().split("\n")[0] or type(error).__name__}
