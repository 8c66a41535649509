"""Merge: the staged rows of a change file become records, in one upsert and one delete; SQL only, no row passes through Python."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, connection
from django.utils.translation import gettext as _
from psycopg import sql

from schemas.catalog import DATA, FieldInfo, SchemaInfo
from schemas.change_file import Layout, Refusal, RefusalFile, Row
from schemas.exceptions import IngestError, Problem
from schemas.models import Relationship, Schema
from schemas.sql import Dialect

TABLE_LOCK = 7_305_003  # with the schema's id: one load into a table at a time


def names(columns: Iterable[str], alias: str = "") -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, c) if alias else sql.Identifier(c) for c in columns)


def equal(columns: Iterable[tuple[str, str]], left: str, right: str) -> sql.Composed:
    return sql.SQL(" AND ").join(sql.SQL("{} = {}").format(sql.Identifier(left, a), sql.Identifier(right, b)) for a, b in columns)


class Merge:
    """The staging table of one load, in this database session; it is gone afterwards, whatever happens.

    `staged` is emptied step by step of the rows that are late or refused; what is left is merged.
    """

    def __init__(self, schema: Schema, info: SchemaInfo, number: int) -> None:
        self.schema, self.info = schema, info
        self.staged = sql.Identifier(f"staged_{number}")
        self.table = sql.Identifier(DATA, info.table_name)
        self.key = [f.column for f in info.key]
        self.notes: list[str] = []
        self.layout: Layout | None = None

    def __enter__(self) -> "Merge":
        return self

    def __exit__(self, *error: Any) -> None:
        # After a database error the transaction around us may be broken, and takes the table with it when it ends.
        if self.layout is not None and not connection.needs_rollback and connection.is_usable():
            self.execute("DROP TABLE IF EXISTS {staged}")

    @property
    def fields(self) -> list[FieldInfo]:
        return [f for _index, f in self.layout.fields] if self.layout else []

    @property
    def columns(self) -> list[str]:
        return [f.column for f in self.fields]

    def execute(self, text: str, params: Sequence[Any] = (), **parts: Any) -> Any:
        """Run SQL whose names in braces are identifiers or fragments; return the cursor."""
        known = {
            "staged": self.staged,
            "table": self.table,
            "same_key": equal([(k, k) for k in self.key], "s", "t"),
            "key": names(self.key),
        }
        cursor = connection.cursor()
        cursor.execute(sql.SQL(text).format(**{**known, **parts}), params or None)
        return cursor

    # --- staging --------------------------------------------------------------------------------------------------------

    def stage(self, layout: Layout) -> None:
        """A temporary table with the columns of the file, typed like the real ones."""
        self.layout = layout
        self.execute("DROP TABLE IF EXISTS {staged}")
        self.execute(
            "CREATE TEMPORARY TABLE {staged} AS SELECT 0::bigint AS line, ''::text AS kind, {columns} FROM {table} WITH NO DATA",
            columns=names(self.columns),
        )

    def copy(self, rows: Iterable[Row]) -> None:
        statement = sql.SQL("COPY {} (line, kind, {}) FROM STDIN").format(self.staged, names(self.columns))
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row((row.line, row.kind, *row.values))

    # --- merging --------------------------------------------------------------------------------------------------------

    def run(self, refusals: RefusalFile) -> dict[str, int]:
        """Change the table; return how many rows did what. Runs in the caller's transaction."""
        self.execute("SELECT pg_advisory_xact_lock(%s, %s)", [TABLE_LOCK, self.schema.pk])
        self.execute("ANALYZE {staged}")
        superseded = self.drop_superseded()
        late = superseded + self.drop_late()
        if superseded:
            self.notes.append(_("%(n)s rows were overtaken by a later row of the same file for the same record.") % {"n": superseded})
        self.refuse_incomplete(refusals)
        self.refuse_shared(refusals)
        self.refuse_broken(refusals)
        self.refuse_needed(refusals)
        try:
            counts = {**self.upsert(), "late": late}
            deleted, absent = self.delete()
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as error:
            text = _("Rows of the file contradict each other or other records: %(error)s") % {"error": str(error).split("\n", 1)[0]}
            raise IngestError(Problem("", text, _("Load the changes in two files, one after the other."))) from error
        if deleted or counts["inserted"] or counts["updated"]:
            self.execute("ANALYZE {table}")
        return {**counts, "deleted": deleted, "unchanged": counts["unchanged"] + absent}

    @property
    def version(self) -> str:
        """The column that tells which state is newer, if the file has it."""
        return next((f.column for f in self.fields if f.name == self.info.version_field), "")

    def drop_superseded(self) -> int:
        """Of several rows for one record the highest version counts, and among equals the last."""
        newest = sql.SQL("{} DESC NULLS LAST, ").format(sql.Identifier(self.version)) if self.version else sql.SQL("")
        return self.execute(
            """
            DELETE FROM {staged} AS s USING (
                SELECT line, row_number() OVER (PARTITION BY {key} ORDER BY {newest} line DESC) AS place FROM {staged}
            ) AS ranked
            WHERE s.line = ranked.line AND ranked.place > 1
            """,
            newest=newest,
        ).rowcount

    def drop_late(self) -> int:
        """Rows older than the record we have."""
        if not self.version:
            return 0
        older = sql.SQL("s.{0} < t.{0}").format(sql.Identifier(self.version))
        return self.execute("DELETE FROM {staged} AS s USING {table} AS t WHERE {same_key} AND {older}", older=older).rowcount

    def refuse(self, refusals: RefusalFile, reason: str, where: sql.Composable, params: Sequence[Any] = ()) -> int:
        """Take the rows that match out of the stage and write them down."""
        assert self.layout is not None
        cursor = self.execute(
            "DELETE FROM {staged} AS s WHERE {where} RETURNING s.line, s.kind, {columns}",
            params,
            where=where,
            columns=names(self.columns, "s"),
        )
        position = {index: place for place, (index, _field) in enumerate(self.layout.fields)}
        for line, kind, *values in cursor:
            cells = tuple(kind if i == self.layout.kind_at else values[position[i]] for i in range(len(self.layout.header)))
            refusals.write(Refusal(line, reason, cells), self.layout.header)
        return cursor.rowcount

    def refuse_incomplete(self, refusals: RefusalFile) -> None:
        """A new record needs its required fields, and the file may not have them."""
        assert self.layout is not None
        needed = [f.label for f in self.layout.missing if f.required and not f.default]
        if needed:
            reason = _("New record, but the file does not have: %(fields)s") % {"fields": ", ".join(needed)}
            self.refuse(refusals, reason, self.part("s.kind = 'u' AND NOT EXISTS (SELECT FROM {table} AS t WHERE {same_key})"))

    def refuse_shared(self, refusals: RefusalFile) -> None:
        """A unique value may be neither another record's nor an earlier row's."""
        for field in self.fields:
            if not field.unique or field.column in self.key:
                continue
            where = self.part(
                """s.kind = 'u' AND (
                    EXISTS (SELECT FROM {staged} AS o WHERE o.{column} = s.{column} AND o.line < s.line AND o.kind = 'u')
                    OR EXISTS (SELECT FROM {table} AS t WHERE t.{column} = s.{column} AND NOT ({same_key})
                               AND NOT EXISTS (SELECT FROM {staged} AS o WHERE {same_other})))""",
                column=sql.Identifier(field.column),
                same_other=equal([(k, k) for k in self.key], "o", "t"),
            )
            self.refuse(refusals, _("%(field)s: another record has this value") % {"field": field.label}, where)

    def refuse_broken(self, refusals: RefusalFile) -> None:
        """References of enforced relationships must lead somewhere; a reference within the table may lead to the file."""
        checks = []
        for relationship in Relationship.objects.filter(source=self.schema, enforced=True).prefetch_related("pairs"):
            if {f"c_{p.source_field_id}" for p in relationship.pairs.all()} <= set(self.columns):
                checks.append((_("%(link)s: there is no such record") % {"link": relationship.label}, self.leads_nowhere(relationship)))
        while sum(self.refuse(refusals, reason, where) for reason, where in checks):
            pass  # what was refused may have been what another row of the file led to

    def leads_nowhere(self, relationship: Relationship) -> sql.Composed:
        pairs = [(f"c_{p.source_field_id}", f"c_{p.target_field_id}") for p in relationship.pairs.all()]
        given = sql.SQL(" AND ").join(sql.SQL("s.{} IS NOT NULL").format(sql.Identifier(here)) for here, _there in pairs)
        there = equal([(b, a) for a, b in pairs], "o", "s")
        target = sql.Identifier(DATA, f"t_{relationship.target_id}")
        leads = self.part("EXISTS (SELECT FROM {target} AS o WHERE {there})", target=target, there=there)
        if relationship.target_id == self.schema.pk:
            leads = self.part("{leads} OR EXISTS (SELECT FROM {staged} AS o WHERE o.kind = 'u' AND {there})", leads=leads, there=there)
        return self.part("s.kind = 'u' AND {given} AND NOT ({leads})", given=given, leads=leads)

    def refuse_needed(self, refusals: RefusalFile) -> None:
        """A record that others must point to stays."""
        for relationship in (
            Relationship.objects.filter(target=self.schema, enforced=True).select_related("source").prefetch_related("pairs")
        ):
            pairs = [(f"c_{p.source_field_id}", f"c_{p.target_field_id}") for p in relationship.pairs.all()]
            going = self.part(
                " AND NOT EXISTS (SELECT FROM {staged} AS d WHERE d.kind = 'd' AND {gone})",
                gone=equal([(k, k) for k in self.key], "d", "o"),
            )
            where = self.part(
                "s.kind = 'd' AND EXISTS (SELECT FROM {table} AS t JOIN {source} AS o ON {there} WHERE {same_key} {going})",
                source=sql.Identifier(DATA, f"t_{relationship.source_id}"),
                there=equal(pairs, "o", "t"),
                going=going if relationship.source_id == self.schema.pk else sql.SQL(""),
            )
            reason = _("It cannot be deleted: %(schema)s still refers to it") % {"schema": relationship.source.label}
            self.refuse(refusals, reason, where)

    def part(self, text: str, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(
            **{"staged": self.staged, "table": self.table, "same_key": equal([(k, k) for k in self.key], "s", "t"), **parts}
        )

    def upsert(self) -> dict[str, int]:
        """New records are added, changed ones replaced in the columns of the file, equal ones left alone."""
        assert self.layout is not None
        defaults = [f for f in self.layout.missing if f.default]
        # PostgreSQL looks at NOT NULL before it sees the conflict, so a known record lends what the file does not have.
        lent = [f for f in self.layout.missing if f.required and not f.default]
        values: list[sql.Composable] = [sql.SQL("{}::{}").format(sql.Literal(f.default), sql.SQL(self.type_of(f))) for f in defaults]
        values += [sql.Identifier("had", f.column) for f in lent]
        what: sql.Composable = sql.SQL("DO NOTHING")
        changing = [c for c in self.columns if c not in self.key]
        if changing:
            what = sql.SQL("DO UPDATE SET ({c}) = ROW ({e}) WHERE ({t}) IS DISTINCT FROM ({e})").format(
                c=names(changing), e=names(changing, "excluded"), t=names(changing, "t")
            )
        cursor = self.execute(
            """
            WITH done AS (
                INSERT INTO {table} AS t ({into})
                SELECT {values} FROM {staged} AS s {had} WHERE s.kind = 'u'
                ON CONFLICT ({key}) {what} RETURNING (t.xmax = 0) AS new
            )
            SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new), (SELECT count(*) FROM {staged} WHERE kind = 'u') FROM done
            """,
            into=names(self.columns + [f.column for f in defaults + lent]),
            had=self.part("JOIN {table} AS had ON {same}", same=equal([(k, k) for k in self.key], "s", "had")) if lent else sql.SQL(""),
            values=sql.SQL(", ").join([names(self.columns, "s"), *values]),
            what=what,
        )
        inserted, updated, wanted = cursor.fetchone()
        return {"inserted": inserted, "updated": updated, "unchanged": wanted - inserted - updated}

    def type_of(self, field: FieldInfo) -> str:
        return str(field.sql_type.compile(dialect=Dialect()))

    def delete(self) -> tuple[int, int]:
        """Delete; return how many were there, and how many were not."""
        deleted = self.execute("DELETE FROM {table} AS t USING {staged} AS s WHERE s.kind = 'd' AND {same_key}").rowcount
        wanted = self.execute("SELECT count(*) FROM {staged} WHERE kind = 'd'").fetchone()[0]
        return deleted, wanted - deleted
