"""The nouns of the app."""

from reporting.models.report import Report
from reporting.models.rollup import LinkRollup, Rollup, Watermark

__all__ = ["LinkRollup", "Report", "Rollup", "Watermark"]
