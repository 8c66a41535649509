"""Executing: each attempt once, nothing half done, every failure visible and repairable."""

import threading
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from campaigns.models import Version
from campaigns.testing import draw
from orchestration import advance, clock, control, execute, jobs, launch, work_tables
from orchestration.choices import RunStatus, TaskStatus
from orchestration.exceptions import RunError
from orchestration.models import Run, Task, WorkTable
from orchestration.roles import MANAGER, MARKETER, ensure_roles
from orchestration.testing import approved, person, run_to_end
from orchestration.tests.engine.conftest import arrow, audience, forked_version
from schemas.exceptions import Problem, QueryError


def relations(run: Run) -> list[str]:
    return [name for _kind, name in work_tables.relations(f"r{run.pk}")]


def spoil(run: Run, uid: str, sql: str) -> str:
    """Another statement in the first step of an activity; returns the right one."""
    for entry in run.plan["activities"]:
        if entry["uid"] == uid:
            right, entry["steps"][0]["sql"] = entry["steps"][0]["sql"], sql
            run.save(update_fields=["plan"])
            return right
    raise LookupError(uid)


def task_of(run: Run, uid: str) -> Task:
    return run.tasks.get(activity_uid=uid)


def test_branches_run_side_by_side(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    for uid in ("all", "split"):
        task = task_of(run, uid)
        jobs.run_task(task.pk, task.epoch)
    waiting = run.tasks.filter(status=TaskStatus.QUEUED)
    assert set(waiting.values_list("activity_uid", flat=True)) == {"end1", "dedup"}


def test_a_branch_without_anybody_runs_too(forked: Version, author: Any) -> None:
    activities = [
        audience("none", city="Nowhere"),
        {"uid": "fork", "kind": "fork", "config": {}},
        {"uid": "end", "kind": "end", "config": {}},
    ]
    version = draw(author, activities=activities, transitions=[arrow("none", "fork"), arrow("fork", "end", "out_1")])
    run = run_to_end(launch.start_test(version, author))
    assert run.status == RunStatus.COMPLETED, [(t.label, t.error) for t in run.tasks.all()]
    assert (task_of(run, "none").rows_out, task_of(run, "end").rows_in) == (0, 0)
    assert task_of(run, "none").excluded["rule_not_met"] == task_of(run, "none").rows_in


def test_tables_are_keyed_and_views_show_them(forked: Version, author: Any) -> None:
    run = run_to_end(launch.start_test(forked, author))
    table = WorkTable.objects.get(task__run=run, task__activity_uid="all", port="out")
    assert table.name == f"r{run.pk}_all_out_1"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'p'", [f"work.{table.name}"])
        assert cursor.fetchone()[0] == 1
        cursor.execute(f"SELECT count(*) FROM work.r{run.pk}_all_out")  # noqa: S608
        assert cursor.fetchone()[0] == table.rows == task_of(run, "all").rows_out
    assert table.bytes > 0


def test_a_hint_for_an_older_attempt_does_nothing(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    task = task_of(run, "all")
    assert execute.run_task(task.pk, task.epoch - 1) is None
    jobs.run_task(task.pk, task.epoch)
    jobs.run_task(task.pk, task.epoch)
    jobs.run_task(10**9, 1)
    assert WorkTable.objects.filter(task=task).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_hint_many_times_at_once_does_it_once() -> None:
    ensure_roles()
    author = person("mia", MARKETER)
    run = launch.start_test(forked_version(author), author)
    task = task_of(run, "all")
    done: list[Any] = []

    def work() -> None:
        done.append(execute.run_task(task.pk, task.epoch))
        connection.close()

    threads = [threading.Thread(target=work) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one is not None for one in done) == 1
    assert WorkTable.objects.filter(task=task).count() == 1


def test_a_failure_shows_on_its_box_and_can_be_retried(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    right = spoil(run, "dedup", "SELECT 1/0 AS k_1")
    run = run_to_end(run)
    task = task_of(run, "dedup")
    assert (run.status, task.status) == (RunStatus.FAILED, TaskStatus.FAILED)
    assert "division by zero" in task.error
    assert "One per address" in run.error
    assert task_of(run, "end1").status == TaskStatus.DONE
    assert task_of(run, "end2").status == TaskStatus.PENDING
    assert not [name for name in relations(run) if "_dedup_" in name]
    spoil(run, "dedup", right)
    control.retry(task, author)
    run = run_to_end(run)
    assert (run.status, task_of(run, "dedup").epoch) == (RunStatus.COMPLETED, 2)
    assert run.log.filter(task=task, by=author).exists()
    with pytest.raises(RunError):
        control.retry(task_of(run, "dedup"), author)


def test_rows_that_do_not_add_up_are_an_error(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    spoil(run, "all", "SELECT 99999")
    run = run_to_end(run)
    assert "99,999 rows came in" in task_of(run, "all").error or "99999 rows came in" in task_of(run, "all").error
    assert not relations(run)


def test_a_record_that_comes_twice_is_an_error(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    spoil(run, "dedup", "SELECT 1 AS k_1 UNION ALL SELECT 1")
    run = run_to_end(run)
    assert task_of(run, "dedup").status == TaskStatus.FAILED
    assert "k_1" in task_of(run, "dedup").error or "unique" in task_of(run, "dedup").error


def test_the_audience_role_cannot_touch_our_own_tables(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    spoil(run, "dedup", "SELECT id AS k_1, password FROM public.auth_user")
    run = run_to_end(run)
    assert "permission denied" in task_of(run, "dedup").error


def waiting_version(author: Any, activity: Any) -> Version:
    activities = [audience("a"), activity, {"uid": "end", "kind": "end", "config": {}}]
    return draw(author, activities=activities, transitions=[arrow("a", "wait"), arrow("wait", "end")])


WAIT = {"uid": "wait", "kind": "wait", "label": "Wait", "config": {"how": "duration", "amount": 3, "unit": "days"}}


def test_a_test_run_does_not_wait(forked: Version, author: Any) -> None:
    run = run_to_end(launch.start_test(waiting_version(author, WAIT), author))
    assert run.status == RunStatus.COMPLETED, [(t.label, t.error) for t in run.tasks.all()]


def test_a_live_run_waits_without_a_worker(forked: Version, author: Any, approver: Any) -> None:
    run = run_to_end(launch.launch(approved(waiting_version(author, WAIT), author, approver), author))
    task = task_of(run, "wait")
    assert (run.status, task.status) == (RunStatus.RUNNING, TaskStatus.WAITING)
    assert timedelta(days=2, hours=23) < task.not_before - timezone.now() < timedelta(days=3, minutes=1)
    Task.objects.filter(pk=task.pk).update(not_before=timezone.now())
    advance.advance(run.pk)
    run = run_to_end(run)
    assert run.status == RunStatus.COMPLETED
    assert task_of(run, "end").rows_in == task_of(run, "a").rows_out


def test_a_lost_worker_is_noticed_and_given_up_after_a_while(forked: Version, author: Any, settings: Any) -> None:
    run = launch.start_test(forked, author)
    task = task_of(run, "all")
    silent = timezone.now() - timedelta(seconds=settings.TASK_LOST_SECONDS + 1)
    for attempt in range(1, execute.MAX_LOST + 1):
        assert execute.claim(task.pk, attempt) is not None
        clock.revive_lost()
        assert task_of(run, "all").status == TaskStatus.RUNNING, "a heartbeat this young must not count as lost"
        Task.objects.filter(pk=task.pk).update(heartbeat_at=silent)
        clock.revive_lost()
        advance.advance(run.pk)
        assert (task_of(run, "all").status, task_of(run, "all").epoch) == (TaskStatus.QUEUED, attempt + 1)
    execute.claim(task.pk, execute.MAX_LOST + 1)
    Task.objects.filter(pk=task.pk).update(heartbeat_at=silent)
    clock.revive_lost()
    advance.advance(run.pk)
    run.refresh_from_db()
    assert (run.status, task_of(run, "all").status) == (RunStatus.FAILED, TaskStatus.FAILED)
    control.retry(task_of(run, "all"), author)
    assert run_to_end(run).status == RunStatus.COMPLETED


def test_a_worker_that_was_given_up_changes_nothing(forked: Version, author: Any, monkeypatch: Any) -> None:
    run = launch.start_test(forked, author)
    task = task_of(run, "all")
    settle = execute.settle

    def overtaken(*arguments: Any) -> None:
        Task.objects.filter(pk=task.pk).update(epoch=F("epoch") + 1, status=TaskStatus.QUEUED)
        settle(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(execute, "settle", overtaken)
        jobs.run_task(task.pk, task.epoch)
    assert task_of(run, "all").status == TaskStatus.QUEUED
    assert not relations(run)
    assert run_to_end(run).status == RunStatus.COMPLETED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", [control.pause, control.stop])
def test_a_long_query_is_ended_by_pause_and_stop(verb: Any) -> None:
    ensure_roles()
    author = person("mia", MARKETER)
    run = launch.start_test(forked_version(author), author)
    task = task_of(run, "all")
    right = spoil(run, "all", "SELECT count(*) FROM pg_sleep(60)")

    def work() -> None:
        jobs.run_task(task.pk, task.epoch)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event = 'PgSleep'"
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while True:
            cursor.execute(asleep, [f"run:{run.pk}:task:{task.pk}"])
            if cursor.fetchone()[0]:
                break
            assert time.monotonic() < deadline
            cursor.execute("SELECT pg_sleep(0.02)")
    verb(run, author)
    worker.join(timeout=5)
    assert not worker.is_alive()
    assert not relations(run)
    if verb is control.stop:
        assert task_of(run, "all").status == TaskStatus.STOPPED
        with pytest.raises(RunError):
            control.stop(run, author)
        return
    assert task_of(run, "all").status == TaskStatus.PENDING
    run.refresh_from_db()
    spoil(run, "all", right)
    assert run_to_end(run).status == RunStatus.PAUSED
    control.resume(run, author)
    assert run_to_end(run).status == RunStatus.COMPLETED


def test_controls_need_permission(forked: Version, author: Any) -> None:
    run = launch.start_test(forked, author)
    for verb in (control.pause, control.stop):
        with pytest.raises(Exception, match="may not"):
            verb(run, person("max", MANAGER))


def test_old_tables_are_dropped_and_figures_stay(forked: Version, author: Any, settings: Any) -> None:
    run = run_to_end(launch.start_test(forked, author))
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=settings.WORK_TABLE_DAYS - 1))
    assert work_tables.drop_old_work_tables() == 0
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=settings.WORK_TABLE_DAYS + 1))
    assert work_tables.drop_old_work_tables() > 0
    assert not relations(run)
    assert task_of(run, "all").rows_out
    assert work_tables.drop_old_work_tables() == 0


def test_a_query_that_was_cancelled_early_is_made_again(forked: Version, author: Any, monkeypatch: Any) -> None:
    run = launch.start_test(forked, author)
    task = task_of(run, "all")

    def cancelled(*arguments: Any) -> None:
        try:
            raise psycopg.errors.QueryCanceled("canceling statement due to user request")
        except psycopg.errors.QueryCanceled as error:
            raise QueryError(Problem("", "It took too long.")) from error

    with monkeypatch.context() as patch:
        patch.setattr(execute, "question", cancelled)
        jobs.run_task(task.pk, task.epoch)
    again = task_of(run, "all")
    assert (again.status, again.epoch, again.lost) == (TaskStatus.QUEUED, 2, 1)
    assert run_to_end(run).status == RunStatus.COMPLETED


def test_only_who_is_written_to_goes_on(author: Any, mailing: Version) -> None:
    """The port carries one record for each message planned, so that what follows starts with the figure shown."""
    run = launch.start_test(mailing, author)
    run_to_end(run)
    task = task_of(run, "mail")
    assert task.rows_in == task.rows_out + sum(task.excluded.values()) and task.excluded
    assert task.counts == {"out": task.rows_out}
    written = WorkTable.objects.get(task=task, port="out")
    assert written.rows == task.rows_out
    assert task_of(run, "end").rows_in == task.rows_out
