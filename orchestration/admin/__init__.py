"""Admin screens, one file for each noun."""

from orchestration.admin import run  # noqa: F401
