"""Admin screens, one file for each noun."""

from reporting.admin import report  # noqa: F401
