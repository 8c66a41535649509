"""Checks of the database: is every published schema's table there, and as described? Run by migrate and `check --database`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from schemas.catalog import DATA
from schemas.choices import SchemaStatus
from schemas.models import Field, Pair, Relationship, Schema
from schemas.tables import changes

OUR_TABLES = {model._meta.db_table for model in (Schema, Field, Relationship, Pair)}


@register(Tags.database)
def tables_follow_descriptions(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E001: a published schema has no table. W001: its table is not as described."""
    if "default" not in (databases or []):
        return []
    try:
        return compared()
    except DatabaseError as error:
        return [Warning(_("The tables of the schemas could not be looked at: %(error)s") % {"error": error}, id="schemas.W002")]


def compared() -> list[CheckMessage]:
    if not set(connection.introspection.table_names()) >= OUR_TABLES:
        return []  # before the first migrate
    published = list(Schema.objects.filter(status=SchemaStatus.PUBLISHED))
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [DATA])
        there = {name for (name,) in cursor.fetchall()}
    found: list[CheckMessage] = [
        Error(
            _("The table of %(schema)s is missing.") % {"schema": s.label}, hint=_("Publish the schema again, then load its records."),
            obj=s, id="schemas.E001",
        )
        for s in published if s.table_name not in there
    ]  # fmt: skip
    for change in changes([s for s in published if s.table_name in there]):
        found.append(
            Warning(_("Not published yet: %(change)s") % {"change": change.text}, hint=_("Publish the schema."), id="schemas.W001")
        )
    return found
