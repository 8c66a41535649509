"""Jobs: wake-ups that may come twice or never."""

import django_rq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from schemas.choices import ImportStatus
from schemas.ingest import IMPORT_LOCK, create_import
from schemas.jobs import QUEUE, enqueue, requeue_waiting, run_import
from schemas.models import Import
from schemas.tables import publish
from schemas.testing import make_schema


@pytest.fixture
def waiting(db: None) -> Import:
    schema = make_schema("thing", {"id": {"type": "integer", "key_position": 1}})
    publish(schema)
    return create_import(schema, "a.csv", SimpleUploadedFile("a.csv", b"id\n1\n2\n"))


@pytest.fixture
def queue() -> object:
    queue = django_rq.get_queue(QUEUE)
    queue.empty()
    return queue


def test_it_runs_once_however_often_it_is_called(waiting: Import) -> None:
    for _time in range(3):
        run_import(waiting.pk)
    run_import(0)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.inserted) == (ImportStatus.DONE, 2)


@pytest.mark.django_db(transaction=True)
def test_it_wakes_a_worker_with_the_id_only(waiting: Import, queue: object) -> None:
    enqueue(waiting)
    assert [(job.func_name, job.args) for job in queue.jobs] == [("schemas.jobs.run_import", [waiting.pk])] or queue.jobs[0].args == (
        waiting.pk,
    )  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_it_takes_up_what_was_lost(waiting: Import, queue: object) -> None:
    assert [requeue_waiting() for _tick in range(3)] == [1, 1, 1]
    assert len(queue.jobs) == 1  # type: ignore[attr-defined]
    queue.empty()  # type: ignore[attr-defined]
    Import.objects.update(status=ImportStatus.RUNNING)
    with connection.copy().cursor() as other:  # a worker that is alive
        other.execute("SELECT pg_advisory_lock(%s, %s)", [IMPORT_LOCK, waiting.pk])
        assert requeue_waiting() == 0
        other.connection.close()
    assert requeue_waiting() == 1
    assert Import.objects.get().status == ImportStatus.WAITING
    assert len(queue.jobs) == 1  # type: ignore[attr-defined]


def test_it_keeps_the_upload_when_no_worker_can_be_woken(waiting: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("schemas.jobs.django_rq.get_queue", refuse)
    enqueue(waiting)
    waiting.refresh_from_db()
    assert waiting.status == ImportStatus.WAITING
