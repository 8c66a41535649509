"""Launch: a run begins, once for each reason, with a plan and a clock that never change."""

import hashlib
import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import canvas, publish
from campaigns.choices import FROZEN, VersionStatus
from campaigns.models import Version
from orchestration import advance, control, readiness
from orchestration.choices import RUN_FINISHED, RunKind, RunStatus
from orchestration.compiler import compile_plan
from orchestration.exceptions import RunError
from orchestration.models import LogLine, Run, Task
from orchestration.work_tables import drop_work_tables
from schemas.catalog import Catalog, Clock

ONCE = "launch"  # the reason of a launch by hand: there is one for each version


def start_test(version: Version, user: Any) -> Run:
    """A test run of the version as it is now; an older test of it has ended and its populations are gone."""
    readiness.require(user, "orchestration.test_run", _("You may not start test runs."))
    with transaction.atomic():
        version = locked(version)
        for older in Run.objects.filter(version=version, kind=RunKind.TEST, tasks__work_tables__dropped_at=None).distinct():
            if older.status not in RUN_FINISHED:
                control.halt(older, user)
            drop_work_tables(older)
        run = create(version, RunKind.TEST, f"test-{uuid.uuid4().hex}", timezone.now(), user)
        begin(run)
    return run


def launch(version: Version, user: Any, at: datetime | None = None, trigger_key: str | None = None) -> Run:
    """The approved version runs now, or is scheduled; RunError with every reason why not."""
    readiness.require(user, "orchestration.launch_run", _("You may not launch campaigns."))
    at = at if at and at > timezone.now() else None
    with transaction.atomic():
        version = locked(version)
        refuse(readiness.signature_problems(version))
        run = create(version, RunKind.LIVE, trigger_key or ONCE, at or timezone.now(), user)
        if at:
            run.plan = planned(run)
            run.save(update_fields=["plan"])
            advance.set_status(run, RunStatus.SCHEDULED)
        else:
            begin(run)
    return run


def start_due() -> int:
    """Scheduled runs whose time has come have started; one that may not start any more has failed and says why."""
    due = Run.objects.filter(status=RunStatus.SCHEDULED, scheduled_at__lte=timezone.now())
    return sum(start_scheduled(run.pk) for run in due)


def start_scheduled(run_id: int) -> bool:
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("version").get(pk=run_id)
        if run.status != RunStatus.SCHEDULED or run.scheduled_at > timezone.now():
            return False
        try:
            refuse(readiness.signature_problems(locked(run.version), [VersionStatus.SCHEDULED]))
            with transaction.atomic():
                begin(run)
        except RunError as error:
            advance.set_status(run, RunStatus.FAILED, str(error))
    return True


# --- parts ------------------------------------------------------------------------------------------------------------


def locked(version: Version) -> Version:
    return Version.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=version.pk)


def create(version: Version, kind: RunKind, trigger: str, at: datetime, user: Any) -> Run:
    """A second run for the same reason meets the unique key."""
    digest = publish.digest(version)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                version=version, kind=kind, trigger_key=trigger, scheduled_at=at, seed=seed(version, digest, kind, trigger), digest=digest, started_by=user
            )  # fmt: skip
    except IntegrityError as error:
        raise RunError(_("This version has been launched already.")) from error
    text = (
        _("Test run started")
        if kind == RunKind.TEST
        else _("Launched for %(when)s") % {"when": date_format(timezone.localtime(at), "DATETIME_FORMAT")}
    )
    LogLine.objects.create(run=run, by=user, text=text)
    return run


def seed(version: Version, digest: str, kind: RunKind, trigger: str) -> str:
    """What decides splits and ties. The test of a frozen version decides as its launch will; a draft decides the same from test to test."""
    draft = kind == RunKind.TEST and version.status not in FROZEN
    reason = f"draft|{version.pk}" if draft else f"{digest}|{trigger if kind == RunKind.LIVE else ONCE}"
    return hashlib.sha256(reason.encode()).hexdigest()


def planned(run: Run) -> dict[str, Any]:
    """The plan of a run, compiled against the data as it is described now; RunError tells everything that is wrong."""
    catalog = Catalog.load()
    clock = Clock(run.scheduled_at, ZoneInfo(settings.TIME_ZONE))
    plan, problems = compile_plan(canvas.read(run.version), catalog, clock, run.seed, f"r{run.pk}")
    found = readiness.drawing_problems(run.version, catalog) or readiness.errors(problems)
    if run.kind == RunKind.LIVE and not found:
        found = readiness.sender_problems(plan)
    refuse(found)
    return plan


def begin(run: Run) -> None:
    """The run has its plan and its tasks, and is on its way."""
    run.plan = planned(run)
    run.started_at = timezone.now()
    run.save(update_fields=["plan", "started_at"])
    Task.objects.bulk_create(
        Task(run=run, activity_uid=entry["uid"], kind=entry["kind"], label=entry["label"]) for entry in run.plan["activities"]
    )
    advance.set_status(run, RunStatus.RUNNING)
    advance.advance(run.pk)
    run.refresh_from_db()


def refuse(problems: list[Any]) -> None:
    if problems:
        raise RunError(*problems)
