"""Launching: once, only what was approved, by somebody who may, and at its time."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from campaigns import canvas
from campaigns.choices import VersionStatus
from campaigns.exceptions import NotAllowed
from campaigns.models import Version
from campaigns.testing import draw
from orchestration import launch
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.compiler import compile_plan
from orchestration.exceptions import RunError
from orchestration.models import Run, WorkTable
from orchestration.roles import APPROVER, MANAGER, MARKETER, ensure_roles
from orchestration.testing import approved, person, run_to_end
from orchestration.tests.engine.conftest import arrow, audience, forked_version
from schemas.catalog import Catalog, Clock
from schemas.models import Schema


def test_it_launches_what_was_approved(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    run = run_to_end(launch.launch(version, author))
    version.refresh_from_db()
    assert (run.status, version.status) == (RunStatus.COMPLETED, VersionStatus.COMPLETED)
    assert run.digest == version.digest
    assert run.log.filter(by=author).exists()


def test_its_test_counts_what_the_launch_will_do(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    test = version.runs.get(kind=RunKind.TEST)
    live = run_to_end(launch.launch(version, author))
    counts = [list(run.tasks.values_list("activity_uid", "counts")) for run in (test, live)]
    assert test.seed == live.seed
    assert counts[0] == counts[1]


def test_it_refuses_what_is_not_approved(forked: Version, author: Any) -> None:
    with pytest.raises(RunError, match="only an approved one"):
        launch.launch(forked, author)
    assert not Run.objects.exists()


def test_it_refuses_a_drawing_changed_behind_its_back(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    Version.objects.filter(pk=version.pk).update(digest="0" * 64)
    with pytest.raises(RunError, match="not the one that was approved"):
        launch.launch(version, author)


@pytest.mark.parametrize("what", ["left", "demoted"])
def test_it_refuses_when_the_approver_may_not_approve_any_more(forked: Version, author: Any, approver: Any, what: str) -> None:
    version = approved(forked, author, approver)
    if what == "left":
        get_user_model().objects.filter(pk=approver.pk).update(is_active=False)
    else:
        approver.groups.clear()
    with pytest.raises(RunError, match="may not approve any more"):
        launch.launch(version, author)


def test_it_needs_permission(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    manager = person("max", MANAGER)
    for verb in (launch.launch, launch.start_test):
        with pytest.raises(NotAllowed):
            verb(version, manager)


def test_it_tells_all_that_is_wrong(author: Any, forked: Version) -> None:
    activities = [audience("a"), {"uid": "wait", "kind": "wait", "config": {}}, {"uid": "end", "kind": "end", "config": {}}]
    version = draw(author, activities=activities, transitions=[arrow("a", "end")])
    Schema.objects.filter(name="customer").update(status="draft")
    with pytest.raises(RunError) as refused:
        launch.start_test(version, author)
    assert {problem.where for problem in refused.value.problems} >= {"a", "wait"}
    assert not Run.objects.filter(version=version).exists()


def test_a_second_launch_is_refused(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    launch.launch(version, author)
    with pytest.raises(RunError):
        launch.launch(version, author)
    Version.objects.filter(pk=version.pk).update(status=VersionStatus.APPROVED)
    with pytest.raises(RunError, match="launched already"):
        launch.launch(version, author)
    assert version.runs.filter(kind=RunKind.LIVE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_make_one_run() -> None:
    ensure_roles()
    author, approver = person("mia", MARKETER), person("ava", APPROVER)
    version = approved(forked_version(author), author, approver)
    refused: list[RunError] = []

    def click() -> None:
        try:
            launch.launch(version, author)
        except RunError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Run.objects.filter(version=version, kind=RunKind.LIVE).count() == 1
    assert len(refused) == 7


def test_it_waits_for_its_time(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    at = timezone.now() + timedelta(hours=2)
    run = launch.launch(version, author, at=at)
    version.refresh_from_db()
    assert (run.status, version.status, run.tasks.count()) == (RunStatus.SCHEDULED, VersionStatus.SCHEDULED, 0)
    assert run.plan["activities"]
    assert launch.start_due() == 0
    Run.objects.filter(pk=run.pk).update(scheduled_at=timezone.now() - timedelta(seconds=1))
    assert launch.start_due() == 1
    assert launch.start_due() == 0
    run = run_to_end(run)
    version.refresh_from_db()
    assert (run.status, version.status) == (RunStatus.COMPLETED, VersionStatus.COMPLETED)


def test_a_scheduled_run_that_may_not_start_any_more_says_why(forked: Version, author: Any, approver: Any) -> None:
    version = approved(forked, author, approver)
    run = launch.launch(version, author, at=timezone.now() + timedelta(hours=2))
    Run.objects.filter(pk=run.pk).update(scheduled_at=timezone.now())
    get_user_model().objects.filter(pk=approver.pk).update(is_active=False)
    launch.start_due()
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "may not approve any more" in run.error


def test_a_second_test_ends_the_first(forked: Version, author: Any) -> None:
    first = launch.start_test(forked, author)
    run_to_end(first)
    second = launch.start_test(forked, author)
    third = launch.start_test(forked, author)
    statuses = list(Run.objects.filter(pk__in=[first.pk, second.pk, third.pk]).order_by("pk").values_list("status", flat=True))
    assert statuses == [RunStatus.COMPLETED, RunStatus.STOPPED, RunStatus.RUNNING]
    assert set(second.tasks.values_list("status", flat=True)) == {TaskStatus.STOPPED}
    assert not WorkTable.objects.filter(task__run=first, dropped_at=None).exists()


def test_a_plan_is_pure(forked: Version) -> None:
    clock, catalog, graph = Clock.current(), Catalog.load(), canvas.read(forked)
    plans = [compile_plan(graph, catalog, clock, "seed", "r1") for _n in range(2)]
    assert plans[0] == plans[1]
    assert not plans[0][1]
    assert [entry["uid"] for entry in plans[0][0]["activities"]][0] == "all"
