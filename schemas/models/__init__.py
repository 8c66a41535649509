"""The nouns of the app."""

from schemas.models.field import Field
from schemas.models.ingestion import Import
from schemas.models.relationship import Pair, Relationship
from schemas.models.schema import Schema

__all__ = ["Field", "Import", "Pair", "Relationship", "Schema"]
