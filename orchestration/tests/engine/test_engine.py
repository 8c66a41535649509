"""The engine on real PostgreSQL: a drawing is tested, and every row is accounted for."""

from typing import Any

from django.db import connection

from campaigns.models import Version
from orchestration import launch
from orchestration.choices import RunStatus, TaskStatus
from orchestration.models import Run, WorkTable
from orchestration.testing import run_to_end


def rows_hash(run: Run, uid: str, port: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5(string_agg(p::text, ',' ORDER BY p.k_1)) FROM work.r{run.pk}_{uid}_{port} p")  # noqa: S608
        return cursor.fetchone()[0]


def test_it_works(forked: Version, author: Any) -> None:
    run = run_to_end(launch.start_test(forked, author))
    assert run.status == RunStatus.COMPLETED, [(t.label, t.error) for t in run.tasks.all()]
    tasks = {task.activity_uid: task for task in run.tasks.all()}
    assert {task.status for task in tasks.values()} == {TaskStatus.DONE}
    for task in tasks.values():
        assert task.rows_in == task.rows_out + task.complement + sum(task.excluded.values())
    assert tasks["split"].counts["out_1"] + tasks["split"].counts["complement"] == tasks["all"].rows_out > 0


def test_the_same_seed_and_data_give_the_same_tables(forked: Version, author: Any) -> None:
    first = run_to_end(launch.start_test(forked, author))
    hashes = [rows_hash(first, "split", "out_1"), rows_hash(first, "dedup", "out")]
    second = run_to_end(launch.start_test(forked, author))
    assert [rows_hash(second, "split", "out_1"), rows_hash(second, "dedup", "out")] == hashes
    assert second.pk != first.pk
    assert not WorkTable.objects.filter(task__run=first, dropped_at=None).exists()
