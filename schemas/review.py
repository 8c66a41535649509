"""Review: what people see of a schema before they decide: its problems, and what publishing would change."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.choices import SchemaStatus
from schemas.describe import problems
from schemas.exceptions import Problem
from schemas.models import Relationship, Schema
from schemas.tables import Change, changes


@dataclass(frozen=True)
class Overview:
    """The head of a schema's page."""

    schema: Schema
    problems: list[Problem]
    changes: list[Change]
    links: list[tuple[Relationship, bool]]  # the relationship, and whether it is seen from its other end

    @property
    def published(self) -> bool:
        return self.schema.status == SchemaStatus.PUBLISHED

    @property
    def up_to_date(self) -> bool:
        return self.published and not self.changes


def overview(schema: Schema) -> Overview:
    found = problems(schema)
    ends = [(r, False) for r in schema.relationships.select_related("target", "source")]
    ends += [(r, True) for r in schema.reverse_relationships.select_related("source", "target")]
    errors = any(p.level == "error" for p in found)
    return Overview(schema, found, [] if errors else changes(schema), ends)


@dataclass(frozen=True)
class PublishReview:
    """What publishing these schemas together would do; `seal` changes when the answer does."""

    schemas: list[Schema]
    problems: list[Problem]
    changes: list[Change]

    @property
    def seal(self) -> str:
        return hashlib.sha256("\n".join(change.text for change in self.changes).encode()).hexdigest()

    @property
    def published(self) -> bool:
        return all(schema.status == SchemaStatus.PUBLISHED for schema in self.schemas)

    @property
    def loses(self) -> bool:
        return any(change.loses for change in self.changes)


def review_publish(schemas: Iterable[Schema]) -> PublishReview:
    listed = list(schemas)
    found = [p for schema in listed for p in problems(schema, published_with=listed)]
    return PublishReview(listed, found, [] if any(p.level == "error" for p in found) else changes(listed))
