"""Describe: what must be true of a description before it can be published, and what its fields mean."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from schemas.choices import FieldRole, SchemaStatus
from schemas.exceptions import Problem
from schemas.field_types import TYPES
from schemas.models import Field, Relationship, Schema

MAX_FIELDS = 1000  # PostgreSQL allows 1,600 columns; work tables need some for themselves
VERSION_FAMILIES = {"date", "datetime", "number"}


def problems(schema: Schema, published_with: Iterable[Schema] = ()) -> list[Problem]:
    """Everything that keeps a schema from being published, all at once."""
    fields = list(schema.fields.all())
    found = [*field_problems(schema, fields), *key_problems(schema, fields)]
    together = {s.pk for s in published_with} | {schema.pk}
    for relationship in schema.relationships.select_related("target").prefetch_related("pairs__source_field", "pairs__target_field"):
        found += link_problems(relationship, together)
    taken = {f.name for f in fields}
    for name in [
        *schema.relationships.values_list("name", flat=True),
        *schema.reverse_relationships.values_list("reverse_name", flat=True),
    ]:
        if name in taken:
            found.append(
                Problem(
                    schema.label, _("“%(name)s” is the name of two things.") % {"name": name}, _("Rename the field or the relationship.")
                )
            )
        taken.add(name)
    return found


def field_problems(schema: Schema, fields: list[Field]) -> list[Problem]:
    found = []
    if len(fields) > MAX_FIELDS:
        found.append(
            Problem(schema.label, _("A schema can have at most %(n)s fields.") % {"n": MAX_FIELDS}, _("Move some to a linked schema."))
        )
    for field in fields:
        where = f"{schema.label} · {field.label}"
        if field.type not in TYPES:
            found.append(Problem(where, _("The type is unknown."), _("Choose a type.")))
            continue
        if field.type == "enumeration" and not (
            isinstance(field.choices, list) and field.choices and all(isinstance(c, str) for c in field.choices)
        ):
            found.append(Problem(where, _("An enumeration needs its values."), _('List them, like ["small", "large"].')))
        if field.default:
            try:
                TYPES[field.type].read(field.default)
            except ValueError as error:
                found.append(Problem(where, _("The default is %(reason)s.") % {"reason": error}, _("Correct the default.")))
        if field.scale and field.scale > (field.precision or 0):
            found.append(Problem(where, _("There are more decimal places than digits."), _("Raise the digits.")))
    return found


def key_problems(schema: Schema, fields: list[Field]) -> list[Problem]:
    places = sorted(f.key_position for f in fields if f.key_position is not None)
    found = []
    if not places:
        found.append(
            Problem(
                schema.label, _("No field is the primary key."), _("Give the place 1 in the key to the field that identifies a record.")
            )
        )
    elif places != list(range(1, len(places) + 1)):
        found.append(Problem(schema.label, _("The places in the key have gaps."), _("Number them 1, 2, 3.")))
    version = schema.version_field
    if version and version.schema_id != schema.pk:
        found.append(Problem(schema.label, _("The version field belongs to another schema."), _("Choose one of its own fields.")))
    elif version and TYPES[version.type].family not in VERSION_FAMILIES:
        found.append(Problem(schema.label, _("The version field must be a date or a number."), _("Choose another, or none.")))
    return found


def link_problems(relationship: Relationship, together: set[int]) -> list[Problem]:
    pairs = list(relationship.pairs.all())
    where = str(relationship)
    if not pairs:
        return [Problem(where, _("It does not say which fields must be equal."), _("Add a pair of fields."))]
    found = []
    for pair in pairs:
        if pair.source_field.schema_id != relationship.source_id or pair.target_field.schema_id != relationship.target_id:
            found.append(
                Problem(
                    where,
                    _("A pair uses a field of another schema."),
                    _("Choose the first field from one side and the second from the other."),
                )
            )
        elif TYPES[pair.source_field.type].family != TYPES[pair.target_field.type].family:
            found.append(
                Problem(
                    where,
                    _("“%(a)s” and “%(b)s” cannot be compared.") % {"a": pair.source_field.label, "b": pair.target_field.label},
                    _("Make their types alike."),
                )
            )
    if relationship.enforced:
        target = relationship.target
        fields = {pair.target_field for pair in pairs}
        key = set(target.fields.exclude(key_position=None))
        if fields != key and not (len(fields) == 1 and next(iter(fields)).unique):
            found.append(
                Problem(
                    where,
                    _("Only a link to the whole primary key or to a unique field can be enforced."),
                    _("Choose those fields, or do not enforce it."),
                )
            )
        if target.status != SchemaStatus.PUBLISHED and target.pk not in together:
            found.append(
                Problem(where, _("%(schema)s is not published yet.") % {"schema": target.label}, _("Publish it first, or both together."))
            )
    return found


def mark_targetable(schemas: Iterable[Schema]) -> None:
    """A schema is a targeting dimension when an e-mail address is on it, or at the end of links that lead to one record."""
    addressed = set(Field.objects.filter(role=FieldRole.EMAIL).values_list("schema_id", flat=True))
    links = list(Relationship.objects.values_list("source_id", "target_id"))
    while True:
        more = {source for source, target in links if target in addressed} - addressed
        if not more:
            break
        addressed |= more
    for schema in schemas:
        if schema.pk in addressed and not schema.targetable:
            schema.targetable = True
            schema.save(update_fields=["targetable", "changed_at"])
