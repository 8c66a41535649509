"""The nouns of the app."""

from reporting.models.report import Report
from reporting.models.rollup import Rollup, Watermark

__all__ = ["Report", "Rollup", "Watermark"]
