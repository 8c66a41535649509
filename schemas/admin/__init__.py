"""The admin of the app, one file for each noun."""

from schemas.admin import ingestion, relationship, schema  # noqa: F401
