"""Rows: the records of a population, with enough of each that a person recognises it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _

from campaigns.flow import view_name
from orchestration.exceptions import RunError
from orchestration.models import Run, WorkTable
from orchestration.plan import PREPARED
from orchestration.readiness import require
from orchestration.work_tables import newest
from schemas.catalog import WORK, Catalog, FieldInfo, SchemaInfo
from schemas.choices import FieldRole
from schemas.query import fetch_rows
from schemas.views.rule import shown

LIMIT = 50
FIELDS = 6  # of the record, beside its key
TELLING = {"name", "title", "first_name", "last_name", "label", "email"}


@dataclass
class Rows:
    """One screen full of a population."""

    columns: list[dict[str, str]] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    total: int = 0
    name: str = ""

    def told(self) -> list[list[str | None]]:
        """The rows as people of the current language read them."""
        return [[told(value) for value in row] for row in self.rows]


def rows_of(run: Run, uid: str, port: str, user: Any, search: str = "") -> Rows:
    """The first rows of a port; RunError when they are gone or were never made."""
    require(user, "orchestration.preview_rows", _("You may not see the records of a population."))
    table = newest(run, uid, port) if port != PREPARED else None
    if not table:
        raise RunError(_("These records are not kept any more, or the activity has not run yet. Start the test again to see them."))
    catalog = Catalog.load()
    schema = catalog.schema(table.dimension)
    select, columns = question(table, schema, view_name(f"r{run.pk}", uid, port), search)
    _names, rows = fetch_rows(select, limit=LIMIT)
    return Rows(columns, [read(row, columns) for row in rows], table.rows, view_name(f"r{run.pk}", uid, port))


def question(table: WorkTable, schema: SchemaInfo, view: str, search: str) -> tuple[sa.Select[Any], list[dict[str, str]]]:
    """Key, telling fields of the record, and what activities added; in the order of the key."""
    members = sa.table(view, *(sa.column(c["name"]) for c in table.columns), schema=WORK).alias("p")
    records = schema.table.alias("r")
    key = [c for c in table.columns if c["name"].startswith("k_")]
    extra = [c for c in table.columns if not c["name"].startswith("k_")]
    fields = telling(schema)
    on = sa.and_(*(members.c[k["name"]] == records.c[f.column] for k, f in zip(key, schema.key, strict=True)))
    wanted = [members.c[c["name"]] for c in key] + [records.c[f.column] for f in fields] + [members.c[c["name"]] for c in extra]
    # The record may have been deleted since; the population still has it.
    select = sa.select(*wanted).select_from(members.outerjoin(records, on)).order_by(*(members.c[c["name"]] for c in key))
    if search:
        pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        select = select.where(sa.or_(*(sa.cast(column, sa.Text).ilike(pattern) for column in wanted)))
    shown_key = [{"alias": c["alias"], "label": c["label"]} for c in key]
    columns = (
        shown_key
        + [{"alias": f.name, "label": f.label} for f in fields]
        + [{"alias": c["alias"], "label": c["label"], "type": c["type"]} for c in extra]
    )
    return select, columns


def telling(schema: SchemaInfo) -> list[FieldInfo]:
    """The fields by which a person knows a record: names first, then addresses, then what comes first."""
    others = [f for f in schema.fields.values() if f.key_position is None]

    def rank(f: FieldInfo) -> tuple[int, int]:
        first = 0 if f.name in TELLING else 1 if f.role in {FieldRole.EMAIL, FieldRole.PHONE} else 2 if f.searchable else 3
        return first, others.index(f)

    chosen = sorted(others, key=rank)[:FIELDS]
    return [f for f in others if f in chosen]


def read(row: Sequence[Any], columns: list[dict[str, str]]) -> list[Any]:
    """Collections arrive as the text of their JSON."""
    return [
        json.loads(value) if column.get("type") == "json" and isinstance(value, str) else value
        for value, column in zip(row, columns, strict=True)
    ]


def told(value: Any) -> str | None:
    """One value, or what a collection holds, line by line."""
    if isinstance(value, dict):
        return ", ".join(told(part) or "–" for part in value.values())
    if isinstance(value, list):
        return " · ".join(told(line) or "–" for line in value)
    return None if value is None else shown(value)
