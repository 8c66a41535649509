"""Publish: make the tables in `data` what the descriptions say, showing the differences before."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils.translation import gettext as _

from schemas.catalog import DATA, SchemaInfo, describe
from schemas.choices import SchemaStatus
from schemas.describe import problems
from schemas.exceptions import Problem, SchemaError
from schemas.models import Relationship, Schema
from schemas.sql import Dialect

# Two people may publish at the same moment; the second waits for the first. The number is only a name.
PUBLISH_LOCK = 7_305_001


@dataclass(frozen=True)
class Change:
    """One difference between a description and its table, in words; `loses` when values are lost."""

    text: str
    loses: bool
    operation: Any


class Borrowed:
    """Django's connection for SQLAlchemy to use, without the right to end Django's transaction."""

    def __init__(self, raw: Any) -> None:
        self.__dict__["raw"] = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.raw, name, value)

    def commit(self) -> None:
        """Django commits."""

    def rollback(self) -> None:
        """Django rolls back."""

    def close(self) -> None:
        """Django closes."""


@contextmanager
def borrowed_connection() -> Iterator[sa.Connection]:
    """Django's connection, in Django's transaction, dressed for SQLAlchemy and Alembic."""
    connection.ensure_connection()
    raw = Borrowed(connection.connection)
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: raw, poolclass=sa.StaticPool, pool_reset_on_return=None, use_native_hstore=False
    )
    with engine.connect() as borrowed:
        yield borrowed


# --- what should be ---------------------------------------------------------------------------------------------------


def wanted_table(metadata: sa.MetaData, schema: Schema) -> sa.Table:
    """The table of a description: columns, key, unique fields, and an index wherever a link or a search looks."""
    info = describe(schema)
    columns = [
        sa.Column(
            f.column,
            f.sql_type,
            nullable=not (f.required or f.key_position is not None),
            server_default=f.default or None,
            autoincrement=False,
        )
        for f in info.fields.values()
    ]
    table = sa.Table(info.table_name, metadata, *columns, sa.PrimaryKeyConstraint(*(f.column for f in info.key)), schema=DATA)
    for field in info.fields.values():
        if field.unique:
            table.append_constraint(sa.UniqueConstraint(field.column, name=f"u_{field.id}"))
        elif field.searchable:
            sa.Index(f"s_{field.id}", table.c[field.column])
    for link in info.links.values():
        names = [info.fields[here].column for here, _there in link.pairs]
        if names and not answered_by_key(info, names):
            sa.Index(f"x_{link.relationship_id}_{info.id}", *(table.c[name] for name in names))
    return table


def answered_by_key(info: SchemaInfo, columns: list[str]) -> bool:
    """Whether the primary key begins with these columns, so that no index is needed."""
    return {f.column for f in info.key[: len(columns)]} == set(columns)


def wanted_references(schema: Schema) -> dict[str, tuple[str, list[str], list[str]]]:
    """Foreign keys of enforced relationships: name → (table, columns here, columns there)."""
    found = {}
    for relationship in Relationship.objects.filter(source=schema, enforced=True).prefetch_related("pairs"):
        pairs = list(relationship.pairs.all())
        here, there = [f"c_{p.source_field_id}" for p in pairs], [f"c_{p.target_field_id}" for p in pairs]
        found[f"f_{relationship.pk}"] = (f"t_{relationship.target_id}", here, there)
    return found


# --- what is, and the difference -----------------------------------------------------------------------------------------


def differences(borrowed: sa.Connection, schemas: list[Schema]) -> list[Any]:
    """Alembic operations that make the tables what they should be; foreign keys last, since tables may refer in circles."""
    metadata = sa.MetaData()
    names = {schema.table_name for schema in schemas}
    for schema in schemas:
        wanted_table(metadata, schema)
    context = MigrationContext.configure(
        borrowed,
        opts={
            "include_schemas": True,
            "include_name": lambda name, kind, parents: name == DATA if kind == "schema" else kind != "table" or name in names,
            "include_object": lambda thing, name, kind, reflected, other: kind != "foreign_key_constraint",
        },
    )
    script = produce_migrations(context, metadata)
    found = list(flat(script.upgrade_ops.ops if script.upgrade_ops else []))
    inspector = sa.inspect(borrowed)
    existing = set(inspector.get_table_names(schema=DATA))
    before: list[Any] = []
    after: list[Any] = []
    for schema in schemas:
        exists = schema.table_name in existing
        before += key_changes(inspector, metadata, schema) if exists else []
        dropped, made = reference_changes(inspector, schema, exists)
        before, after = dropped + before, after + made
    return before + found + after


def flat(operations: Iterable[Any]) -> Iterator[Any]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from flat(operation.ops)
        else:
            yield operation


def key_changes(inspector: sa.Inspector, metadata: sa.MetaData, schema: Schema) -> list[Any]:
    """Alembic does not look at primary keys."""
    now = inspector.get_pk_constraint(schema.table_name, schema=DATA)
    wanted = [c.name for c in metadata.tables[f"{DATA}.{schema.table_name}"].primary_key.columns]
    if now["constrained_columns"] == wanted:
        return []
    key = ops.CreatePrimaryKeyOp(now["name"], schema.table_name, wanted, schema=DATA)
    return [ops.DropConstraintOp(now["name"], schema.table_name, type_="primary", schema=DATA), key] if now["name"] else [key]


def reference_changes(inspector: sa.Inspector, schema: Schema, exists: bool) -> tuple[list[Any], list[Any]]:
    """Foreign keys to drop and to make."""
    now = {key["name"]: key for key in inspector.get_foreign_keys(schema.table_name, schema=DATA)} if exists else {}
    wanted = wanted_references(schema)
    same = {
        name
        for name, (table, here, there) in wanted.items()
        if name in now
        and (now[name]["referred_table"], now[name]["constrained_columns"], now[name]["referred_columns"]) == (table, here, there)
    }
    drop = [ops.DropConstraintOp(name, schema.table_name, type_="foreignkey", schema=DATA) for name in now if name not in same]
    make = [
        ops.CreateForeignKeyOp(
            name, schema.table_name, table, here, there,
            source_schema=DATA, referent_schema=DATA, deferrable=True, initially="DEFERRED",
        )
        for name, (table, here, there) in wanted.items()
        if name not in same
    ]  # fmt: skip
    return drop, make


# --- in words ---------------------------------------------------------------------------------------------------------


def in_words(operation: Any, labels: dict[str, str]) -> Change:
    """What an operation does, for the person who is about to confirm it."""
    thing = labels.get(getattr(operation, "table_name", "") or getattr(operation, "source_table", ""), "")
    column = getattr(operation, "column_name", "") or getattr(getattr(operation, "column", None), "name", "")
    names = {"schema": thing, "field": labels.get(column, column)}
    match operation:
        case ops.CreateTableOp():
            text = _("Make the table of %(schema)s with %(n)s fields.") % {
                **names,
                "n": sum(isinstance(c, sa.Column) for c in operation.columns),
            }
        case ops.AddColumnOp():
            text = _("%(schema)s: add “%(field)s”.") % names
        case ops.DropColumnOp():
            text = _("%(schema)s: delete the values of a field that is no longer described (%(field)s).") % names
        case ops.AlterColumnOp():
            text = " ".join(alterations(operation, names))
        case ops.CreateForeignKeyOp():
            text = _("%(schema)s: refuse records that point to nothing in %(target)s.") % {
                **names,
                "target": labels.get(operation.referent_table, ""),
            }
        case ops.CreatePrimaryKeyOp():
            text = _("%(schema)s: make a new primary key.") % names
        case ops.CreateUniqueConstraintOp():
            text = _("%(schema)s: no two records may share “%(field)s”.") % {
                **names,
                "field": ", ".join(labels.get(str(c), str(c)) for c in operation.columns),
            }
        case ops.CreateIndexOp():
            text = _("%(schema)s: add an index, so that links and searches are fast.") % names
        case _:
            text = _("%(schema)s: remove a constraint or an index that is no longer described.") % names
    return Change(text, isinstance(operation, ops.DropColumnOp), operation)


def alterations(operation: ops.AlterColumnOp, names: dict[str, str]) -> Iterator[str]:
    if operation.modify_type is not None:
        kinds = {"before": operation.existing_type.compile(dialect=Dialect()), "after": operation.modify_type.compile(dialect=Dialect())}  # type: ignore[union-attr]
        yield _("%(schema)s: change “%(field)s” from %(before)s to %(after)s.") % {**names, **kinds}
    if operation.modify_nullable is not None:
        yield (
            _("%(schema)s: “%(field)s” may be empty.") if operation.modify_nullable else _("%(schema)s: “%(field)s” is required.")
        ) % names


def as_list(schemas: Schema | Iterable[Schema]) -> list[Schema]:
    return [schemas] if isinstance(schemas, Schema) else list(schemas)


def labels_of(schemas: Iterable[Schema]) -> dict[str, str]:
    """Physical name → what people read, for these schemas and those they point to."""
    labels = {}
    for schema in Schema.objects.prefetch_related("fields"):
        labels[schema.table_name] = schema.label
        labels |= {field.column_name: field.label for field in schema.fields.all()}
    return labels


def changes(schemas: Schema | Iterable[Schema]) -> list[Change]:
    """What `publish` would do to the tables, in order; nothing is changed."""
    listed = as_list(schemas)
    labels = labels_of(listed)
    with transaction.atomic(), borrowed_connection() as borrowed:
        return [in_words(operation, labels) for operation in differences(borrowed, listed)]


# --- publish -----------------------------------------------------------------------------------------------------------


def publish(schemas: Schema | Iterable[Schema], user: AbstractUser | None = None) -> list[Change]:
    """The tables are what the descriptions say, all of them or none, and the schemas are published."""
    listed = as_list(schemas)
    if user is not None and not user.has_perm("schemas.change_schema"):
        raise PermissionDenied(_("You may not publish schemas."))
    found = [p for schema in listed for p in problems(schema, published_with=listed) if p.level == "error"]
    if found:
        raise SchemaError(*found)
    labels = labels_of(listed)
    with transaction.atomic():
        prepare_session()
        try:
            with borrowed_connection() as borrowed:
                done = [in_words(operation, labels) for operation in differences(borrowed, listed)]
                for change in done:
                    apply(borrowed, change)
        except sa.exc.DBAPIError as error:
            raise explained(error) from error
        Schema.objects.filter(pk__in=[s.pk for s in listed]).update(status=SchemaStatus.PUBLISHED)
    for schema in listed:
        schema.status = SchemaStatus.PUBLISHED
    return done


def prepare_session() -> None:
    """One publisher at a time, and nobody's reading blocks us for longer than the lock timeout."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{settings.LOCK_TIMEOUT_SECONDS}s"])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISH_LOCK])


def apply(borrowed: sa.Connection, change: Change) -> None:
    operation = change.operation
    if isinstance(operation, ops.AlterColumnOp):
        operation.kw.pop("autoincrement", None)  # MySQL's business; Alembic warns about its own words
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
        quoted = borrowed.dialect.identifier_preparer.quote(operation.column_name)
        kind = operation.modify_type.compile(dialect=borrowed.dialect)
        operation.kw["postgresql_using"] = f"{quoted}::{kind}"
    try:
        Operations(MigrationContext.configure(borrowed)).invoke(operation)
    except sa.exc.DBAPIError as error:
        raise explained(error, change) from error


def explained(error: sa.exc.DBAPIError, change: Change | None = None) -> SchemaError:
    """Why PostgreSQL refused, in words; nothing was changed."""
    where = change.text if change else ""
    match error.orig:
        case psycopg.errors.LockNotAvailable():
            return SchemaError(Problem(where, _("Somebody is using the table just now."), _("Try again in a minute.")))
        case psycopg.errors.NotNullViolation():
            return SchemaError(
                Problem(where, _("Some records have no value there."), _("Give the field a default, or fill the records first."))
            )
        case psycopg.errors.UniqueViolation():
            return SchemaError(
                Problem(where, _("Some records share the value."), _("Make them different first, or do not ask for uniqueness."))
            )
        case psycopg.errors.ForeignKeyViolation():
            return SchemaError(
                Problem(
                    where, _("Some records point to nothing."), _("Load the missing records first, or do not enforce the relationship.")
                )
            )
        case psycopg.errors.DataError() | psycopg.errors.CannotCoerce() | psycopg.errors.DatatypeMismatch():
            detail = str(error.orig).split("\n", 1)[0]
            return SchemaError(
                Problem(
                    where,
                    _("Some values do not fit the new type (%(error)s).") % {"error": detail},
                    _("Correct them first, or add a new field instead."),
                )
            )
    raise error
