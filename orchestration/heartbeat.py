"""Heartbeat: a thread beside a working task that tells it lives, and ends its query when the run is halted."""

import logging
import threading
import time
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.models import QuerySet
from django.db.models.functions import Now

from orchestration.choices import RunStatus, TaskStatus
from orchestration.models import Task

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0  # how soon a pause or stop is noticed


class Heartbeat:
    """Uses a connection of its own; `halted` says that the result is no longer wanted."""

    def __init__(self, task: Task) -> None:
        self.task, self.halted = task, False
        self.pid = connection.connection.info.backend_pid if connection.connection else 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.beat, name=f"heartbeat-{task.pk}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.over.set()
        self.thread.join()

    def beat(self) -> None:
        last = time.monotonic()
        try:
            while not self.over.wait(LOOK_SECONDS):
                try:
                    if time.monotonic() - last >= settings.TASK_HEARTBEAT_SECONDS:
                        self.mine().update(heartbeat_at=Now())
                        last = time.monotonic()
                    self.look()
                except DatabaseError as error:  # the database is away; the task itself will notice too
                    log.warning("No heartbeat for task %s: %s", self.task.pk, error)
                    connection.close()
        finally:
            connections.close_all()  # those of this thread only

    def look(self) -> None:
        if self.mine().filter(run__status=RunStatus.RUNNING).exists():
            return
        self.halted = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_cancel_backend(%s)", [self.pid])

    def mine(self) -> QuerySet[Task]:
        return Task.objects.filter(pk=self.task.pk, epoch=self.task.epoch, status=TaskStatus.RUNNING)
