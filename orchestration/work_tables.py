"""Work tables: the populations of runs, each made by one CREATE TABLE AS in the namespace `work`."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from campaigns.flow import view_name
from orchestration.choices import RUN_FINISHED
from orchestration.models import Run, Task, WorkTable
from schemas.catalog import WORK
from schemas.sql import Statement

MAX_NAME = 63  # bytes; PostgreSQL cuts longer names off without a word


@dataclass
class Made:
    """A relation that an attempt made and nobody sees yet."""

    port: str
    name: str
    kind: str = "r"  # PostgreSQL's letter for a table; "v" for a view
    dimension: str = ""
    columns: list[dict[str, str]] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0


def table_name(view: str, epoch: int) -> str:
    """The relation of one attempt; the view has the same name without the attempt."""
    name = f"{view}_{epoch}"
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(view.encode()).hexdigest()[:10]
    return f"{view[: MAX_NAME - 18]}_{digest}_{epoch}"


def identifier(name: str) -> sql.Identifier:
    return sql.Identifier(WORK, name)


def fill(cursor: Any, made: Made, question: Statement, key: Iterable[str]) -> None:
    """The table exists, is analysed and keyed afterwards. CREATE TABLE AS runs in parallel, INSERT … SELECT would not."""
    name = identifier(made.name)
    cursor.execute(sql.SQL("CREATE TABLE {} AS {}").format(name, sql.SQL(question.text)), dict(question.params))
    made.rows = cursor.rowcount
    cursor.execute(sql.SQL("ANALYZE {}").format(name))
    columns = sql.SQL(", ").join(map(sql.Identifier, key))
    if key:
        cursor.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(name, columns))
    cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [f'{WORK}."{made.name}"'])
    made.bytes = cursor.fetchone()[0]


def hand_on(cursor: Any, made: Made, source: WorkTable) -> None:
    """A view on somebody else's rows; nothing is copied."""
    cursor.execute(sql.SQL("CREATE VIEW {} AS SELECT * FROM {}").format(identifier(made.name), identifier(source.name)))
    made.kind, made.dimension, made.columns, made.rows = "v", source.dimension, source.columns, source.rows


def show(cursor: Any, task: Task, prefix: str, made: Made) -> None:
    """The view of the port shows this attempt from now on."""
    view = sql.Identifier(WORK, view_name(prefix, task.activity_uid, made.port))
    cursor.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}").format(view, identifier(made.name)))


def record(task: Task, made: Made) -> WorkTable:
    return WorkTable.objects.create(
        task=task, port=made.port, epoch=task.epoch, name=made.name, dimension=made.dimension,
        columns=made.columns, rows=made.rows, bytes=made.bytes,
    )  # fmt: skip


def newest(run: Run, uid: str, port: str) -> WorkTable | None:
    """What the view of a port shows."""
    found = WorkTable.objects.filter(task__run=run, task__activity_uid=uid, port=port, dropped_at=None)
    return found.order_by("-epoch").first()


# --- the end of tables ------------------------------------------------------------------------------------------------


def relations(prefix: str) -> list[tuple[str, str]]:
    """Everything in `work` that belongs to a run, also what a killed worker left behind: (kind, name)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relkind, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind IN ('r', 'v') AND starts_with(c.relname, %s) ORDER BY c.relkind DESC, c.relname",
            [WORK, f"{prefix}_"],
        )
        return cursor.fetchall()


def drop_relations(names: Iterable[tuple[str, str]]) -> None:
    with connection.cursor() as cursor:
        for kind, name in names:
            what = sql.SQL("VIEW" if kind == "v" else "TABLE")
            cursor.execute(sql.SQL("DROP {} IF EXISTS {} CASCADE").format(what, identifier(name)))


@transaction.atomic
def drop_work_tables(run: Run) -> int:
    """The run's populations are gone; its counts and its ledger stay."""
    found = relations(f"r{run.pk}")
    drop_relations(found)
    WorkTable.objects.filter(task__run=run, dropped_at=None).update(dropped_at=timezone.now())
    return len(found)


def drop_old_work_tables() -> int:
    """Runs that ended more than WORK_TABLE_DAYS ago keep no populations."""
    before = timezone.now() - timedelta(days=settings.WORK_TABLE_DAYS)
    old = Run.objects.filter(
        status__in=RUN_FINISHED, finished_at__lt=before, tasks__work_tables__dropped_at=None, tasks__work_tables__isnull=False
    )
    return sum(drop_work_tables(run) for run in old.distinct())
