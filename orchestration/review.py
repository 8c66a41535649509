"""Review: what an approver looks at before saying yes, and the yes itself, with the counts that were seen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _

from campaigns import canvas, publish
from campaigns.models import Version
from orchestration import deliver
from orchestration.accounting import reason_label
from orchestration.choices import RunKind, RunStatus
from orchestration.exceptions import RunError
from orchestration.models import Run, Task
from orchestration.plan import PREPARED, Plan
from orchestration.work_tables import newest
from schemas.catalog import WORK
from schemas.query import fetch_rows

MAILS = 2  # rendered at once, side by side
COUNTED = {RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS}


@dataclass
class Sending:
    """One activity that sends, as a test counted it."""

    task: Task
    wanted: int
    planned: int
    left: list[tuple[str, int, int]] = field(default_factory=list)  # label, rows, percent of those wanted

    @property
    def percent(self) -> int:
        return round(100 * self.planned / self.wanted) if self.wanted else 0


def counted_run(version: Version) -> Run | None:
    """The newest test of exactly this drawing, whatever became of it."""
    digest = version.digest or publish.digest(version)
    return Run.objects.filter(version=version, kind=RunKind.TEST, digest=digest).order_by("-id").first()


def is_counted(run: Run | None) -> bool:
    return bool(run and run.status in COUNTED)


def sendings(run: Run) -> list[Sending]:
    """For each activity that sends: who was wanted, who is left out and why, who is written to."""
    uids = [activity.uid for activity in Plan(run.plan) if activity.step("send")]
    found = []
    for task in run.tasks.filter(activity_uid__in=uids):
        wanted = task.rows_in or 0
        left = [
            (reason_label(reason), n, round(100 * n / wanted) if wanted else 0)
            for reason, n in sorted(task.excluded.items(), key=lambda i: -i[1])
        ]
        found.append(Sending(task, wanted, task.rows_out or 0, left))
    return found


def seen(run: Run) -> dict[str, Any]:
    """The counts, as they are kept with the decision."""
    tasks = {
        t.activity_uid: {"label": t.label, "rows_in": t.rows_in, "rows_out": t.rows_out, "excluded": t.excluded} for t in run.tasks.all()
    }
    planned = sum(sending.planned for sending in sendings(run))
    return {"run": run.pk, "counted_at": run.finished_at.isoformat() if run.finished_at else None, "planned": planned, "tasks": tasks}


def approve(version: Version, user: Any, comment: str, digest: str) -> Version:
    """Approved, with the counts that the approver saw; only what was looked at can be approved."""
    unchanged(version, digest)
    run = counted_run(version)
    if run is None or not is_counted(run):
        raise RunError(_("This version has not been counted yet. Wait for its test run to end, or see there why it failed."))
    return publish.approve(version, user, comment, counts=seen(run))


def request_changes(version: Version, user: Any, comment: str, digest: str) -> Version:
    unchanged(version, digest)
    if not comment.strip():
        raise RunError(_("Say what should change, so that the author knows."))
    return publish.request_changes(version, user, comment)


def unchanged(version: Version, digest: str) -> None:
    if digest != version.digest:
        raise RunError(_("The version was changed while you looked at it. Look at it again."))


# --- the mails themselves ---------------------------------------------------------------------------------------------


@dataclass
class Preview:
    """Some mails of one activity, as real recipients would get them."""

    uid: str
    label: str
    mails: list[dict[str, Any]] = field(default_factory=list)
    first: int = 0
    total: int = 0
    error: str = ""

    @property
    def shown_from(self) -> int:
        return min(self.first + 1, self.total)

    @property
    def shown_to(self) -> int:
        return self.first + len(self.mails)

    @property
    def previous(self) -> int | None:
        return max(self.first - MAILS, 0) if self.first else None

    @property
    def next(self) -> int | None:
        after = self.first + MAILS
        return after if after < self.total else None


def preview(run: Run, uid: str, first: int = 0) -> Preview:
    """Mails number first, first + 1, … of the activity, rendered from the populations of the test."""
    activity = Plan(run.plan).by_uid[uid]
    found = Preview(uid, str(activity.data["label"]), first=first)
    step, written = activity.step("send"), activity.step("written")
    prepared, planned = newest(run, uid, PREPARED), newest(run, uid, written["port"]) if written else None
    if not step or not written or not prepared or not planned:
        found.error = _("The populations of the test are not kept any more. Count again to see the messages.")
        return found
    found.total = planned.rows
    select = written_to(prepared.name, planned.name, written["key"])
    names, rows = fetch_rows(select.order_by("recipient_key", "entity_key").offset(first).limit(MAILS))
    people = [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in rows]
    for person, mail in zip(people, deliver.preview(step, people), strict=True):
        found.mails.append({"to": person["address"], "mail": mail})
    return found


def written_to(prepared: str, planned: str, key: Sequence[str]) -> sa.Select[Any]:
    """The messages that are planned, one row each: `planned` has the record that stands for each of them."""
    columns = ("recipient_key", "entity_key", "address", "context")
    messages = sa.table(prepared, *map(sa.column, (*columns, *key)), schema=WORK).alias("m")
    handed_on = sa.table(planned, *map(sa.column, key), schema=WORK).alias("p")
    same = sa.and_(*(messages.c[name] == handed_on.c[name] for name in key))
    return sa.select(*(messages.c[name] for name in columns)).select_from(messages.join(handed_on, same))


def plain(value: Any) -> Any:
    """Django's connection gives jsonb as text."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value


# --- what is new ------------------------------------------------------------------------------------------------------


def last_approved(version: Version) -> Version | None:
    return (
        Version.objects.filter(campaign=version.campaign_id, number__lt=version.number, approved_by__isnull=False)
        .order_by("-number")
        .first()
    )


def differences(version: Version) -> list[str] | None:
    """What changed since the last approved version, one sentence each; None when there is none."""
    before = last_approved(version)
    if not before:
        return None
    old, new = canvas.read(before), canvas.read(version)
    was, now = ({a["uid"]: a for a in graph["activities"]} for graph in (old, new))
    told = [_("Added: %(label)s") % {"label": a["label"]} for uid, a in now.items() if uid not in was]
    told += [_("Removed: %(label)s") % {"label": a["label"]} for uid, a in was.items() if uid not in now]
    for uid, activity in now.items():
        changed = uid in was and [
            name for name in activity["config"] | was[uid]["config"] if activity["config"].get(name) != was[uid]["config"].get(name)
        ]
        if changed:
            told.append(_("Changed: %(label)s (%(settings)s)") % {"label": activity["label"], "settings": ", ".join(sorted(changed))})
        elif uid in was and activity["label"] != was[uid]["label"]:
            told.append(_("Renamed: %(old)s → %(new)s") % {"old": was[uid]["label"], "new": activity["label"]})
    if arrows(old) != arrows(new):
        told.append(_("The arrows between activities changed."))
    return told


def arrows(graph: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(t["source"], t["source_port"], t["target"], t["target_port"]) for t in graph["transitions"]}
