"""Ingest: load a change file into the table of a schema, by COPY, one upsert and one delete, and account for every row."""

import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from schemas.catalog import describe
from schemas.change_file import ChangeFile, Refusal, RefusalFile, Row
from schemas.choices import ImportStatus, SchemaStatus
from schemas.exceptions import IngestError, Problem
from schemas.merge import Merge
from schemas.models import Import, Schema

log = logging.getLogger(__name__)
CHUNK_ROWS = 20_000  # rows in one COPY; progress is shown after each
IMPORT_LOCK = 7_305_002  # with the import's id: held while somebody works on it
FOLDER = "imports"


# --- an import is asked for -------------------------------------------------------------------------------------------------


def create_import(schema: Schema, file_name: str, source: Path | File, user: AbstractUser | None = None) -> Import:
    """A waiting import. An uploaded file is kept under a generated name; a file of this machine is read where it lies."""
    if user is not None and not user.has_perm("schemas.ingest_records"):
        raise PermissionDenied(_("You may not load records."))
    if schema.status != SchemaStatus.PUBLISHED:
        raise IngestError(Problem(str(schema), _("The schema is not published."), _("Publish it first; then it has a table.")))
    path = str(source.absolute()) if isinstance(source, Path) else keep(source)
    name = get_valid_filename(Path(file_name).name or "file")[-255:]
    return Import.objects.create(schema=schema, file_name=name, path=path, created_by=user)  # type: ignore[misc]


def keep(upload: File) -> str:
    """Write an upload to the disk, not more of it than the limit; return its path under MEDIA_ROOT."""
    place = f"{FOLDER}/{uuid.uuid4().hex}.csv"
    path = Path(settings.MEDIA_ROOT) / place
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    try:
        with open(path, "xb") as file:
            for chunk in upload.chunks():
                size += len(chunk)
                if size > settings.UPLOAD_MAX_BYTES:
                    limit = settings.UPLOAD_MAX_BYTES // 1024**2
                    raise IngestError(
                        Problem(
                            "",
                            _("The file is larger than %(limit)s MB.") % {"limit": limit},
                            _("Split it, or load it with the ingest command."),
                        )
                    )
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return place


def file_of(place: str) -> Path:
    """Where a file of an import lies."""
    return Path(settings.MEDIA_ROOT) / place


# --- and is done ------------------------------------------------------------------------------------------------------------


def ingest(import_: Import) -> Import:
    """The file is in the table and every row is accounted for, or the import has failed and nothing was changed.

    Does nothing unless the import is waiting, so it may be called any number of times.
    """
    with working_on(import_) as mine:
        if not mine:
            return import_
        claimed = Import.objects.filter(pk=import_.pk, status=ImportStatus.WAITING).update(
            status=ImportStatus.RUNNING, started_at=timezone.now(), progress=0
        )
        if claimed:
            load(import_)
    import_.refresh_from_db()
    return import_


@contextmanager
def working_on(import_: Import) -> Iterator[bool]:
    """Hold the import's lock, or learn that somebody else does; a dead worker's lock is free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [IMPORT_LOCK, import_.pk])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine and connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, import_.pk])


def load(import_: Import) -> None:
    refusals = RefusalFile(file_of(f"{FOLDER}/{uuid.uuid4().hex}-rejected.csv"))
    try:
        try:
            counts, notes = read_and_merge(import_, refusals)
        finally:
            refusals.close()
    except IngestError as error:
        lines = [" ".join(filter(None, (f"{p.where}:" if p.where else "", str(p.text), str(p.hint)))) for p in error.problems]
        fail(import_, refusals, "\n".join(lines))
    except Exception as error:
        text = (
            _("The database refused the file; nothing was changed.")
            if isinstance(error, DatabaseError)
            else _("The load stopped; nothing was changed.")
        )
        fail(import_, refusals, f"{text} {type(error).__name__}")
        log.exception("Import %s failed", import_.pk)
        raise
    else:
        log.debug("Import %s of %s: %s %s", import_.pk, import_.schema.name, counts, notes)
        if not Path(import_.path).is_absolute():
            file_of(import_.path).unlink(missing_ok=True)  # our copy of an upload; nobody needs it any more


def fail(import_: Import, refusals: RefusalFile, text: str) -> None:
    refusals.discard()
    Import.objects.filter(pk=import_.pk).update(status=ImportStatus.FAILED, error=text, read=0, finished_at=timezone.now())


def read_and_merge(import_: Import, refusals: RefusalFile) -> tuple[dict[str, int], list[str]]:
    """Stage the file's rows outside the long transaction, then change the table and store the counts in one."""
    schema = import_.schema
    info = describe(schema)
    path = file_of(import_.path)
    before = fingerprint(path)
    change_file = ChangeFile(path, info)
    with Merge(schema, info, import_.pk) as merge:
        read = 0
        for rows, refused, seen in chunks(change_file):
            if not read:
                merge.stage(change_file.layout)
            merge.copy(rows)
            for refusal in refused:
                refusals.write(refusal, change_file.layout.header)
            read += len(rows) + len(refused)
            Import.objects.filter(pk=import_.pk).update(progress=min(80, 80 * seen // max(1, before[0])), read=read)
        if fingerprint(path) != before:
            raise IngestError(Problem("", _("The file changed while it was read."), _("Wait until it is complete, then load it again.")))
        notes = change_file.layout.notes
        if not read:
            notes.append(_("The file has a header and no rows."))
        with transaction.atomic():
            counts = merge.run(refusals) if read else dict.fromkeys(("inserted", "updated", "deleted", "unchanged", "late"), 0)
            notes += merge.notes
            finish(import_, read, counts, refusals, notes)
    return counts, notes


def chunks(change_file: ChangeFile) -> Iterator[tuple[list[Row], list[Refusal], int]]:
    rows: list[Row] = []
    refused: list[Refusal] = []
    for row in change_file:
        (rows if isinstance(row, Row) else refused).append(row)  # type: ignore[arg-type]
        if len(rows) + len(refused) >= CHUNK_ROWS:
            yield rows, refused, change_file.bytes_read
            rows, refused = [], []
    if rows or refused:
        yield rows, refused, change_file.bytes_read


def fingerprint(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise IngestError(Problem("", _("The file is not there any more."), _("Upload it again."))) from error
    return found.st_size, found.st_mtime_ns


def finish(import_: Import, read: int, counts: dict[str, int], refusals: RefusalFile, notes: Iterable[str]) -> None:
    """Store the counts, in the transaction that changed the table; they must add up."""
    total = sum(counts.values()) + refusals.count
    if read != total:
        raise AssertionError(f"Import {import_.pk}: {read} rows read, {total} accounted for: {counts}, {refusals.count} rejected")
    Import.objects.filter(pk=import_.pk).update(
        **counts, read=read, rejected=refusals.count, reasons=refusals.reasons, notes=list(notes), status=ImportStatus.DONE, progress=100,
        finished_at=timezone.now(), rejects_path=str(refusals.path.relative_to(settings.MEDIA_ROOT)) if refusals.count else "",
    )  # fmt: skip


# --- many files ---------------------------------------------------------------------------------------------------------------


def in_order(schemas: Iterable[Schema]) -> list[Schema]:
    """Schemas that others point to come first; circles are broken where they are met."""
    waiting = {s.pk: s for s in schemas}
    targets = {pk: {r.target_id for r in s.relationships.all()} & (set(waiting) - {pk}) for pk, s in waiting.items()}
    ordered: list[Schema] = []
    while waiting:
        free = [pk for pk in waiting if not targets[pk] & set(waiting)] or [next(iter(waiting))]
        ordered += [waiting.pop(pk) for pk in free]
    return ordered


def counts_of(import_: Import) -> dict[str, Any]:
    return {name: getattr(import_, name) for name in ("read", "inserted", "updated", "deleted", "unchanged", "late", "rejected")}


def counts_in_words(import_: Import) -> list[tuple[str, int]]:
    """What became of the rows, as people read it."""
    return [
        (_("new"), import_.inserted), (_("changed"), import_.updated), (_("deleted"), import_.deleted),
        (_("as before"), import_.unchanged), (_("late"), import_.late), (_("rejected"), import_.rejected),
    ]  # fmt: skip
