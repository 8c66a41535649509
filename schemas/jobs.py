"""What workers call; jobs carry ids only, and may come twice or never."""

import logging

import django_rq
from django.contrib.auth.models import AbstractUser
from django.core.files.base import File
from django.db import connection, transaction
from redis.exceptions import RedisError

from schemas.choices import ImportStatus
from schemas.ingest import IMPORT_LOCK, create_import, ingest
from schemas.models import Import, Schema

log = logging.getLogger(__name__)
QUEUE = "io"
NO_LIMIT = -1  # a large file takes its time; a worker that died is noticed by its lock


def ask_for(schema: Schema, upload: File, user: AbstractUser) -> Import:
    """An import of an uploaded file waits, and a worker is woken for it; should that fail, the clock does it later."""
    with transaction.atomic():
        import_ = create_import(schema, upload.name or "", upload, user)
        transaction.on_commit(lambda: enqueue(import_), robust=True)
    return import_


def enqueue(import_: Import) -> None:
    """Wake a worker for an import, once however often it is asked; without Redis the clock repairs it later."""
    job_id = f"import-{import_.pk}"
    try:
        queue = django_rq.get_queue(QUEUE, commit_mode="auto")
        if job_id not in queue.get_job_ids():
            queue.enqueue(run_import, import_.pk, job_id=job_id, job_timeout=NO_LIMIT, result_ttl=0)
    except (RedisError, OSError) as error:
        log.warning("No worker could be woken for import %s: %s", import_.pk, error)


def run_import(import_id: int) -> None:
    """Do a waiting import; anything else is left alone."""
    import_ = Import.objects.filter(pk=import_id, status=ImportStatus.WAITING).select_related("schema").first()
    if import_ is None:
        log.info("Import %s is not waiting", import_id)
        return
    ingest(import_)


def requeue_waiting() -> int:
    """Wake a worker again for imports that wait, and for those whose worker died; return how many. For the clock."""
    for number in Import.objects.filter(status=ImportStatus.RUNNING).values_list("pk", flat=True):
        if is_abandoned(number):
            Import.objects.filter(pk=number, status=ImportStatus.RUNNING).update(status=ImportStatus.WAITING)
    waiting = list(Import.objects.filter(status=ImportStatus.WAITING))
    for import_ in waiting:
        enqueue(import_)
    return len(waiting)


def is_abandoned(number: int) -> bool:
    """Nobody holds the lock of a running import: its worker is gone, and nothing was changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [IMPORT_LOCK, number])
        free = bool(cursor.fetchone()[0])
        if free:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, number])
    return free
