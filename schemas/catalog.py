"""Catalog: everything described and published, as plain frozen values; whatever builds SQL starts here."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from schemas.choices import SchemaStatus
from schemas.exceptions import UnknownReference
from schemas.field_types import TYPES, FieldType
from schemas.models import Schema

DATA = "data"  # the namespace of the tables that users describe
WORK = "work"  # the namespace of the populations of runs
MAX_PATH = 12  # links in one path


@dataclass(frozen=True)
class Clock:
    """The instant and the zone that a rule calls now; a run's clock never moves."""

    now: datetime.datetime
    zone: ZoneInfo

    @classmethod
    def current(cls) -> "Clock":
        return cls(timezone.now(), ZoneInfo(settings.TIME_ZONE))

    @property
    def today(self) -> datetime.date:
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class FieldInfo:
    """A field, ready for SQL: the column is `column`, the type is `kind`."""

    id: int
    name: str
    label: str
    type: str
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False
    personal: bool = False
    searchable: bool = False
    role: str = ""
    default: str = ""
    key_position: int | None = None

    @property
    def column(self) -> str:
        return f"c_{self.id}"

    @property
    def kind(self) -> FieldType:
        return TYPES[self.type]

    @property
    def sql_type(self) -> sa.types.TypeEngine:  # type: ignore[type-arg]
        return self.kind.sql(self)


@dataclass(frozen=True)
class Link:
    """One direction of a relationship: from the schema that holds it to `target`."""

    name: str
    label: str
    target: str
    pairs: tuple[tuple[str, str], ...]  # (field name here, field name there)
    to_many: bool
    relationship_id: int


@dataclass(frozen=True)
class SchemaInfo:
    """A schema with its fields by name, its key in order, and its links by name."""

    id: int
    name: str
    label: str
    fields: Mapping[str, FieldInfo]
    links: Mapping[str, Link]
    targetable: bool = False
    version_field: str = ""

    @property
    def table_name(self) -> str:
        return f"t_{self.id}"

    @cached_property
    def key(self) -> tuple[FieldInfo, ...]:
        """The fields of the primary key, in order."""
        keyed = [f for f in self.fields.values() if f.key_position is not None]
        return tuple(sorted(keyed, key=lambda f: f.key_position or 0))

    @cached_property
    def table(self) -> sa.Table:
        """The physical table; take `.alias()` for each use in one statement."""
        columns = [sa.Column(f.column, f.sql_type, primary_key=f.key_position is not None) for f in self.fields.values()]
        return sa.Table(self.table_name, sa.MetaData(), *columns, schema=DATA)

    def field(self, name: str, where: str = "") -> FieldInfo:
        if name not in self.fields:
            raise UnknownReference(
                where,
                _("%(schema)s has no field “%(field)s”.") % {"schema": self.label, "field": name},
                _("Choose another field, or publish the change that adds it."),
            )
        return self.fields[name]

    def link(self, name: str, where: str = "") -> Link:
        if name not in self.links:
            raise UnknownReference(
                where,
                _("%(schema)s has no link “%(link)s”.") % {"schema": self.label, "link": name},
                _("Choose another link, or describe the relationship first."),
            )
        return self.links[name]

    def by_role(self, role: str) -> FieldInfo | None:
        return next((f for f in self.fields.values() if f.role == role), None)


@dataclass(frozen=True)
class Catalog:
    """All published schemas by name. Pure after loading: no query is made by any method."""

    schemas: Mapping[str, SchemaInfo]

    @classmethod
    def load(cls) -> "Catalog":
        """Read the published descriptions in three queries."""
        published = Schema.objects.filter(status=SchemaStatus.PUBLISHED).select_related("version_field")
        rows = published.prefetch_related(
            "fields",
            "relationships__pairs__source_field", "relationships__pairs__target_field", "relationships__target",
            "reverse_relationships__pairs__source_field", "reverse_relationships__pairs__target_field", "reverse_relationships__source",
        ).order_by("id")  # fmt: skip
        return cls({schema.name: describe(schema) for schema in rows})

    def schema(self, name: str, where: str = "") -> SchemaInfo:
        if name not in self.schemas:
            raise UnknownReference(
                where, _("There is no published schema “%(name)s”.") % {"name": name}, _("Publish it, or choose another.")
            )
        return self.schemas[name]

    def walk(self, schema: SchemaInfo, path: Iterable[str], where: str = "") -> list[tuple[Link, SchemaInfo]]:
        """Follow link names from a schema; each step is the link and where it leads."""
        steps: list[tuple[Link, SchemaInfo]] = []
        for name in path:
            if len(steps) >= MAX_PATH:
                raise UnknownReference(where, _("A path can follow at most %(n)s links.") % {"n": MAX_PATH})
            link = schema.link(name, where)
            schema = self.schema(link.target, where)
            steps.append((link, schema))
        return steps


def describe(schema: Schema) -> SchemaInfo:
    fields = {
        f.name: FieldInfo(
            id=f.pk,
            name=f.name,
            label=f.label,
            type=f.type,
            max_length=f.max_length,
            precision=f.precision,
            scale=f.scale,
            choices=tuple(f.choices),
            required=f.required,
            unique=f.unique,
            personal=f.personal,
            searchable=f.searchable,
            role=f.role,
            default=f.default,
            key_position=f.key_position,
        )  # fmt: skip
        for f in schema.fields.all()
    }
    links: dict[str, Link] = {}
    for r in schema.relationships.all():
        pairs = tuple((p.source_field.name, p.target_field.name) for p in r.pairs.all())
        links[r.name] = Link(r.name, r.label, r.target.name, pairs, False, r.pk)
    for r in schema.reverse_relationships.all():
        pairs = tuple((p.target_field.name, p.source_field.name) for p in r.pairs.all())
        links[r.reverse_name] = Link(r.reverse_name, r.reverse_label, r.source.name, pairs, not r.one_to_one, r.pk)
    version = schema.version_field.name if schema.version_field else ""
    return SchemaInfo(schema.pk, schema.name, schema.label, fields, links, schema.targetable, version)
