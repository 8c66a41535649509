"""Monitor: a run as people read it; figures, what was excluded and why, what happened, and the SQL behind it."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from orchestration.accounting import reason_label
from orchestration.choices import RUN_FINISHED, RunKind, RunStatus, TaskStatus
from orchestration.models import LogLine, Run, Task
from orchestration.plan import Plan, PlannedActivity, statement
from orchestration.state import seconds, sending_by_task
from orchestration.words import RUN_PILLS, TASK_PILLS, duration, spelled
from schemas.sql import Statement

LINES = 200  # of the log, on one screen
MOVING = {RunStatus.RUNNING, RunStatus.SCHEDULED, RunStatus.PAUSED}


@dataclass
class Row:
    """One activity on the monitor."""

    task: Task
    pill: str
    took: str
    kind: str
    ports: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[tuple[str, int]] = field(default_factory=list)
    sending: dict[str, int] | None = None
    lines: list[LogLine] = field(default_factory=list)
    retriable: bool = False

    @property
    def percent(self) -> int:
        if not self.sending or not self.sending["planned"]:
            return 0
        return round(100 * (self.sending["planned"] - self.sending["open"]) / self.sending["planned"])


def title(run: Run) -> str:
    kind = _("Test run") if run.kind == RunKind.TEST else _("Run")
    return f"{run.version} · {kind} #{run.pk}"


def page(run: Run, user: Any) -> dict[str, Any]:
    """Everything the monitor shows; also of its moving part."""
    own_test = run.kind == RunKind.TEST and user.has_perm("orchestration.test_run")
    controls = own_test or user.has_perm("orchestration.control_run")
    rows = activity_rows(run, controls)
    return {
        "run": run,
        "pill": RUN_PILLS[RunStatus(run.status)],
        "took": duration(run.started_at, run.finished_at),
        "rows": rows,
        "done": sum(row.task.status == TaskStatus.DONE for row in rows),
        "totals": totals(rows),
        "general": run.log.filter(task=None).select_related("by")[:LINES],
        "moving": run.status in MOVING,
        "can_pause": controls and run.status == RunStatus.RUNNING,
        "can_resume": controls and run.status == RunStatus.PAUSED,
        "can_stop": controls and run.status not in RUN_FINISHED,
        "can_see_rows": user.has_perm("orchestration.preview_rows"),
        "canvas_url": canvas_url(run),
        "plan": readable_plan(run),
    }


def activity_rows(run: Run, controls: bool) -> list[Row]:
    sending = sending_by_task(run)
    lines: dict[int, list[LogLine]] = {}
    for line in run.log.exclude(task=None).select_related("by"):
        lines.setdefault(line.task_id or 0, []).append(line)
    plan = Plan(run.plan)
    retriable = controls and run.status in {RunStatus.RUNNING, RunStatus.FAILED}
    return [
        Row(
            task,
            TASK_PILLS[TaskStatus(task.status)],
            spelled(seconds(task)),
            task.get_kind_display() if hasattr(task, "get_kind_display") else task.kind,
            ports_of(plan.by_uid.get(task.activity_uid), task),
            [(reason_label(reason), n) for reason, n in sorted(task.excluded.items(), key=lambda item: -item[1])],
            sending.get(task.pk),
            lines.get(task.pk, [])[-LINES:],
            retriable and task.status == TaskStatus.FAILED,
        )
        for task in run.tasks.all()
    ]


def ports_of(activity: PlannedActivity | None, task: Task) -> list[dict[str, Any]]:
    """Each way out, with what left by it."""
    if not activity:
        return []
    return [
        {
            "key": port["key"],
            "label": port["label"] or _("Result"),
            "rows": task.counts[port["key"]],
            "complement": port["role"] == "complement",
        }
        for port in activity.ports
        if port["key"] in task.counts
    ]


def totals(rows: list[Row]) -> dict[str, int] | None:
    """The messages of all channels together; None when the run sends nothing."""
    sending = [row.sending for row in rows if row.sending]
    if not sending:
        return None
    return {name: sum(figures[name] for figures in sending) for name in sending[0]}


def canvas_url(run: Run) -> str:
    """The drawing, with this run's figures on it; the canvas belongs to the campaigns app, so it is found by name."""
    try:
        return f"{reverse('campaign-canvas', args=[run.version.campaign_id])}?version={run.version.number}&run={run.pk}"
    except NoReverseMatch:
        return ""


def readable_plan(run: Run) -> list[dict[str, Any]]:
    """The plan for people who read SQL."""
    return [
        {"label": activity.data["label"], "uid": activity.uid, "steps": [readable_step(step) for step in activity.steps]}
        for activity in Plan(run.plan)
    ]


def readable_step(step: dict[str, Any]) -> dict[str, str]:
    texts = {
        "fill": _("Make “%(port)s”"),
        "pass": _("Hand the population on to “%(port)s”"),
        "exclude": _("Count the excluded: %(reason)s"),
        "written": _("Hand those who are written to on to “%(port)s”"),
        "consider": _("Count what is looked at"),
        "hold": _("Wait"),
        "send": _("List the messages wanted"),
        "finish": _("End"),
    }
    text = texts[step["type"]] % {"port": step.get("port", ""), "reason": reason_label(step.get("reason", ""))}
    sql = statement(step).pretty() if "sql" in step else ""
    if step.get("consent_now"):
        sql += "\n\n-- " + _("asked again just before each message leaves:") + "\n" + Statement.from_dict(step["consent_now"]).pretty()
    return {"text": text, "sql": sql}
