"""Translations: compiled from locale/ where gettext is not installed.

Translators work on locale/fr/LC_MESSAGES/*.po; after a change to the texts of the code, refresh them by
`manage.py makemessages -l fr --no-wrap --ignore=.venv --ignore=node_modules --ignore=var` (and again with `-d djangojs`).
"""

import os
from pathlib import Path

import polib
from django.conf import settings


def compile_all() -> list[Path]:
    """Every .po of locale/ has a .mo that is at least as new; returns those just made."""
    sources = sorted(path for folder in settings.LOCALE_PATHS for path in Path(folder).glob("*/LC_MESSAGES/*.po"))
    return [compile_one(source) for source in sources if is_stale(source)]


def is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def compile_one(source: Path) -> Path:
    """Replace the .mo in one step, so that a process that starts now reads the old one or the new one."""
    compiled = source.with_suffix(".mo")
    new = source.with_suffix(f".mo.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(new))
    new.replace(compiled)
    return compiled
