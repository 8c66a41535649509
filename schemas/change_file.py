"""Change files: CSV read strictly, row by row; each row becomes values for COPY or a refusal with its reason."""

import codecs
import csv
import datetime
import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from schemas.catalog import FieldInfo, SchemaInfo
from schemas.exceptions import IngestError, Problem

KIND_COLUMN = "_change_request_type"
REFUSAL_COLUMNS = ["_line", "_reason"]  # the first two of a file of rejected rows, which can be corrected and loaded again
UPSERT, DELETE = "u", "d"
MAX_CELL = 4 * 1024 * 1024  # characters in one cell; an unclosed quote swallows the file up to here
csv.field_size_limit(MAX_CELL)
FORMULA = re.compile(r"'*[=+\-@\t\r]")  # also with apostrophes, so that exactly one can be taken away again
NUMBER = re.compile(r"[+-]?[0-9.,]+\Z")


@dataclass(frozen=True)
class Layout:
    """Which cell of a row holds which field."""

    header: tuple[str, ...]
    fields: tuple[tuple[int, FieldInfo], ...]
    kind_at: int | None
    missing: tuple[FieldInfo, ...]

    @property
    def notes(self) -> list[str]:
        found = []
        if self.kind_at is None:
            found.append(_("The file has no column %(name)s: every row was taken as “insert or update”.") % {"name": KIND_COLUMN})
        if self.missing:
            names = ", ".join(f.name for f in self.missing)
            found.append(_("Not in the file, and left as they are: %(names)s.") % {"names": names})
        return found


@dataclass(frozen=True)
class Row:
    """A good row: its values are ready for COPY, in the order of the layout's fields."""

    line: int
    kind: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Refusal:
    """A row that is not loaded, and why."""

    line: int
    reason: str
    cells: tuple[str, ...]


# --- header -------------------------------------------------------------------------------------------------------------


def plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def read_header(cells: list[str], schema: SchemaInfo) -> Layout:
    """Match the header with the schema's fields; every mistake is reported with its position, and nothing is guessed."""
    if len(cells) == 1 and re.search(r"[;\t|]", cells[0]):
        raise IngestError(Problem("", _("The columns are not separated by commas."), _("Save the file as comma-separated CSV in UTF-8.")))
    by_name = {plain(f.name): f for f in schema.fields.values()}
    fields, found, seen, kind_at = [], [], dict[str, int](), None
    for index, cell in enumerate(cells):
        name, where = plain(cell), _("column %(n)s") % {"n": index + 1}
        if not name:
            found.append(Problem(where, _("The header is empty."), _("Name the column, or delete it.")))
        elif name in seen:
            found.append(
                Problem(where, _("“%(name)s” is also column %(n)s.") % {"name": cell.strip(), "n": seen[name] + 1}, _("Keep one of them."))
            )
        elif name == KIND_COLUMN:
            kind_at = index
        elif name in by_name:
            fields.append((index, by_name[name]))
        else:
            found.append(
                Problem(
                    where,
                    _("%(schema)s has no field “%(name)s”.") % {"schema": schema.label, "name": cell.strip()[:100]},
                    _("Correct the header, or delete the column."),
                )
            )
        seen.setdefault(name, index)
    present = {f.name for _index, f in fields}
    for field in schema.key:
        if field.name not in present:
            found.append(
                Problem("", _("The column “%(name)s” is missing; it identifies the records.") % {"name": field.name}, _("Add it."))
            )
    if found:
        raise IngestError(*found)
    return Layout(tuple(cells), tuple(fields), kind_at, tuple(f for f in schema.fields.values() if f.name not in present))


# --- cells --------------------------------------------------------------------------------------------------------------


def cell_reader(field: FieldInfo) -> Callable[[str], Any]:
    """How to make the text of one cell ready for COPY; raises ValueError with the reason."""
    read = field.kind.read
    match field.kind.family:
        case "boolean":
            return lambda cell: "t" if read(cell) else "f"
        case "datetime":
            return zoned(read)
        case "number":
            return fitting_number(field, read)
        case "text":
            return fitting_text(field)
    return lambda cell: str(read(cell))


def zoned(read: Callable[[str], datetime.datetime]) -> Callable[[str], str]:
    zone = ZoneInfo(settings.TIME_ZONE)

    def convert(cell: str) -> str:
        value = read(cell)
        return (value if value.tzinfo else value.replace(tzinfo=zone)).isoformat(" ")

    return convert


def fitting_number(field: FieldInfo, read: Callable[[str], Any]) -> Callable[[str], str]:
    def convert(cell: str) -> str:
        value = read(cell)
        if field.type == "double" and math.isinf(float(value)):
            raise ValueError(_("too large"))
        if field.type == "decimal" and field.precision:
            check_digits(value, field.precision, field.scale or 0)
        return str(value)

    return convert


def check_digits(value: Decimal, precision: int, scale: int) -> None:
    if value and value.adjusted() >= precision - scale:
        raise ValueError(_("too large"))
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > scale:
        raise ValueError(_("too many decimal places"))


def fitting_text(field: FieldInfo) -> Callable[[str], str]:
    allowed = frozenset(field.choices) if field.type == "enumeration" else None

    def convert(cell: str) -> str:
        if field.max_length and len(cell) > field.max_length:
            raise ValueError(_("longer than %(n)s characters") % {"n": field.max_length})
        if allowed is not None and cell not in allowed:
            raise ValueError(_("not one of the values of the list"))
        return cell

    return convert


# --- rows ---------------------------------------------------------------------------------------------------------------


class ChangeFile:
    """One file: iterate for rows and refusals. Memory does not grow with the file.

    An empty cell is no value (NULL). Text is kept as it is, blanks included; for other types blanks around it are dropped.
    """

    def __init__(self, path: Path, schema: SchemaInfo) -> None:
        self.path, self.schema = path, schema
        self.layout: Layout
        self.bytes_read = 0

    def __iter__(self) -> Iterator[Row | Refusal]:
        try:
            with open(self.path, encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(self.counted(file), strict=True)
                yield from self.rows(reader)
        except UnicodeDecodeError as error:
            where = _("byte %(n)s") % {"n": first_bad_byte(self.path)}
            raise IngestError(Problem(where, _("The file is not UTF-8."), _("Save it as CSV UTF-8 and upload it again."))) from error
        except OSError as error:
            raise IngestError(
                Problem("", _("The file cannot be read: %(error)s") % {"error": error.strerror}, _("Upload it again."))
            ) from error

    def counted(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self.bytes_read += len(line)  # characters: near enough for a progress bar
            yield line

    def records(self, reader: Any) -> Iterator[tuple[int, list[str]]]:
        """Rows with the line on which they begin; empty lines are no rows."""
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                where = _("line %(n)s") % {"n": line}
                if "unexpected end" in str(error) or "field limit" in str(error):
                    raise IngestError(
                        Problem(
                            where, _("A quote is opened and never closed."), _('Close it, or double it ("") if it is part of the text.')
                        )
                    ) from error
                raise IngestError(
                    Problem(where, _("The row is not CSV: %(error)s.") % {"error": error}, _("Correct the quotes."))
                ) from error
            if cells:
                yield line, cells

    def rows(self, reader: Any) -> Iterator[Row | Refusal]:
        records = self.records(reader)
        _line, header = next(records, (0, None))
        if header is None:
            raise IngestError(Problem("", _("The file is empty."), _("It needs a first line with the names of the columns.")))
        if [plain(name) for name in header[:2]] == REFUSAL_COLUMNS:
            header, records = restored(header), ((line, restored(cells)) for line, cells in records)
        self.layout = layout = read_header(header, self.schema)
        width, kind_at = len(header), layout.kind_at
        readers = [(index, field, cell_reader(field), field.required and not field.default) for index, field in layout.fields]
        vital = {f.name for f in self.schema.key} | {self.schema.version_field}
        for line, cells in records:
            if len(cells) != width:
                reason = _("It has another number of columns than the header")
                yield Refusal(line, reason, tuple(cells))
                continue
            kind = cells[kind_at].strip().lower() if kind_at is not None else UPSERT
            reason, values = self.convert(cells, kind, readers, vital)
            yield Refusal(line, reason, tuple(cells)) if reason else Row(line, kind, tuple(values))

    def convert(self, cells: list[str], kind: str, readers: list[Any], vital: set[str]) -> tuple[str, list[Any]]:
        """Values of a row, or the first reason to refuse it. A deletion needs no more than its key."""
        if kind not in (UPSERT, DELETE):
            return _("%(name)s is neither u nor d") % {"name": KIND_COLUMN}, []
        values: list[Any] = []
        for index, field, read, required in readers:
            cell = cells[index]
            if kind == DELETE and field.name not in vital:
                values.append(None)
            elif not cell:
                if field.key_position is not None or (required and kind == UPSERT):
                    return _("%(field)s: empty, but required") % {"field": field.label}, []
                values.append(field.default if field.required and kind == UPSERT else None)
            elif "\x00" in cell:
                return _("%(field)s: contains NUL") % {"field": field.label}, []
            else:
                try:
                    values.append(read(cell))
                except ValueError as error:
                    return _("%(field)s: %(reason)s") % {"field": field.label, "reason": error}, []
        return "", values


def first_bad_byte(path: Path) -> int:
    """Where a file stops being UTF-8, counted from 1."""
    decoder, consumed = codecs.getincrementaldecoder("utf-8")(), 0
    with open(path, "rb") as file:
        while chunk := file.read(1024 * 1024):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return consumed - waiting + error.start + 1
            consumed += len(chunk)
    return consumed


# --- refused rows -------------------------------------------------------------------------------------------------------


def harmless(cell: Any) -> str:
    """A cell that no spreadsheet runs as a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.match(text) else text


def restored(cells: list[str]) -> list[str]:
    """A row of a file of rejected rows as it was before `harmless`, without line and reason."""
    return [cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell for cell in cells[2:]]


class RefusalFile:
    """The rows that were not loaded, with line and reason, as CSV; made at the first refusal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = None
        self.reasons: dict[str, int] = {}

    def write(self, refusal: Refusal, header: tuple[str, ...]) -> None:
        if self.file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file = open(self.path, "w", encoding="utf-8", newline="")  # noqa: SIM115  (closed by close)
            self.writer = csv.writer(self.file)
            self.writer.writerow([*REFUSAL_COLUMNS, *map(harmless, header)])
        self.reasons[refusal.reason] = self.reasons.get(refusal.reason, 0) + 1
        self.writer.writerow([refusal.line, harmless(refusal.reason), *map(harmless, refusal.cells)])

    @property
    def count(self) -> int:
        return sum(self.reasons.values())

    def close(self) -> None:
        if self.file is not None:
            self.file.close()

    def discard(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)
