"""Hints and the clock: RQ may lose everything, and nothing is lost."""

import pickle
from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from campaigns import publish
from campaigns.models import Version
from orchestration import clock, hints, launch
from orchestration.choices import RunKind, RunStatus, TaskStatus
from orchestration.models import Run, Task
from orchestration.roles import MARKETER, ensure_roles
from orchestration.testing import person
from orchestration.tests.engine.conftest import forked_version
from orchestration.worker import QueueWorker

pytestmark = pytest.mark.django_db(transaction=True)


class InlineWorker(SimpleWorker):
    """Works in this process, reading JSON as the real one does."""

    def __init__(self, queues: Any, **kwargs: Any) -> None:
        super().__init__(queues, serializer=JSONSerializer, **kwargs)


@pytest.fixture
def queue() -> Any:
    found = django_rq.get_queue("run")
    found.connection.flushdb()
    yield found
    found.connection.flushdb()


@pytest.fixture
def run() -> Run:
    ensure_roles()
    user = person("mia", MARKETER)
    return launch.start_test(forked_version(user), user)


def work(queue: Any) -> None:
    InlineWorker([queue], connection=queue.connection).work(burst=True, logging_level="ERROR")


def forget_hints() -> None:
    """As if half a minute had passed."""
    Task.objects.filter(status=TaskStatus.QUEUED).update(queued_at=timezone.now() - timedelta(seconds=31))


def test_it_works(queue: Any, run: Run) -> None:
    assert queue.get_job_ids() == [f"task-{run.tasks.get(activity_uid='all').pk}-1"]
    job = queue.get_jobs()[0]
    assert all(isinstance(argument, int) for argument in job.args)
    work(queue)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert queue.get_job_ids() == []


def test_everything_in_redis_may_be_lost_at_any_moment(queue: Any, run: Run) -> None:
    for _moment in range(20):
        queue.connection.flushdb()
        forget_hints()
        clock.tick()
        InlineWorker([queue], connection=queue.connection).work(burst=True, max_jobs=1, logging_level="ERROR")
        run.refresh_from_db()
        if run.status == RunStatus.COMPLETED:
            break
    assert run.status == RunStatus.COMPLETED


def test_a_young_hint_is_not_repeated(queue: Any, run: Run) -> None:
    queue.empty()
    clock.tick()
    assert queue.get_job_ids() == []
    forget_hints()
    clock.tick()
    clock.tick()
    assert len(queue.get_job_ids()) == 1


def test_without_redis_a_run_still_starts(settings: Any, caplog: Any) -> None:
    ensure_roles()
    user = person("mia", MARKETER)
    version = forked_version(user)
    nowhere = {name: {**options, "URL": "unix:///tmp/nowhere.sock?db=0"} for name, options in django_settings.RQ_QUEUES.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django_rq.settings.QUEUES", nowhere)
        run = launch.start_test(version, user)
    assert run.tasks.get(activity_uid="all").status == TaskStatus.QUEUED
    assert "the clock will repair it" in caplog.text


def test_what_is_not_json_is_refused(queue: Any, tmp_path: Any) -> None:
    trap = tmp_path / "trap"

    class Evil:
        def __reduce__(self) -> Any:
            return (trap.write_text, ("caught",))

    job = queue.enqueue("orchestration.jobs.advance_run", 1, job_id="planted")
    queue.connection.hset(job.key, "data", pickle.dumps(("orchestration.jobs.advance_run", None, (Evil(),), {})))
    work(queue)
    assert not trap.exists()


def test_a_worker_takes_one_queue_only(queue: Any) -> None:
    worker = QueueWorker([queue], connection=queue.connection, serializer="pickle")
    assert worker.serializer is JSONSerializer
    with pytest.raises(ValueError, match="One queue per worker"):
        QueueWorker([queue, django_rq.get_queue("io")], connection=queue.connection)


def test_a_version_in_review_is_counted_by_itself(queue: Any, run: Run) -> None:
    version: Version = run.version
    publish.submit(version, run.started_by)
    version.refresh_from_db()
    clock.tick()
    clock.tick()
    counted = version.runs.filter(kind=RunKind.TEST, digest=version.digest).exclude(pk=run.pk)
    assert counted.count() + (run.digest == version.digest) == 1


def test_one_chore_that_fails_does_not_keep_the_others(queue: Any, run: Run, monkeypatch: Any) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(clock, "CHORES", [broken, *clock.CHORES])
    queue.empty()
    forget_hints()
    assert clock.tick()
    assert queue.get_job_ids()


def test_hints_of_one_id_do_not_pile_up(queue: Any) -> None:
    for _n in range(5):
        hints.push("run", "advance_run", (1,), "same")
    assert queue.get_job_ids() == ["same"]
