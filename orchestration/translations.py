"""Translations: what is to be translated, and compiling it where gettext is not installed.

Translators work on locale/fr/LC_MESSAGES/*.po. After a change to the texts of the code, `manage.py collect_texts` refreshes
these files and names what is new. Besides what makemessages finds, the docstrings of activities and providers are collected,
since they are the help pages. The site compiles what is newer than its compiled file at each start.
"""

import inspect
import os
from pathlib import Path

import polib
from django.conf import settings

from campaigns.activities import base as activities
from orchestration.channels import base as channels

IGNORED = [".venv", "node_modules", "var", "tests", "e2e", "benchmarks"]


def catalogues() -> list[Path]:
    return sorted(path for folder in settings.LOCALE_PATHS for path in Path(folder).glob("*/LC_MESSAGES/*.po"))


def compile_all() -> list[Path]:
    """Every .po of locale/ has a .mo that is at least as new; returns those just made."""
    return [compile_one(source) for source in catalogues() if is_stale(source)]


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


# --- collecting ---------------------------------------------------------------------------------------------------


def help_texts() -> dict[str, str]:
    """Docstrings that are shown as help, and the class of each: makemessages does not see them."""
    kinds = [*activities.registry().values(), *channels.registry().values()]
    return {inspect.cleandoc(text): type(kind).__name__ for kind in kinds if (text := type(kind).__doc__)}


def translations(path: Path) -> dict[str, str]:
    """What a catalogue has for each text without a number or context."""
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(path)) if not entry.msgid_plural and not entry.msgctxt}


def add_help(path: Path, before: dict[str, str]) -> None:
    """makemessages drops the docstrings; they come back, translated where their text is as before."""
    catalogue = polib.pofile(str(path), wrapwidth=0)
    there = {entry.msgid for entry in catalogue}
    for text, name in help_texts().items():
        if text not in there:
            catalogue.append(polib.POEntry(msgid=text, msgstr=before.get(text, ""), tcomment=f"Help of {name}"))
    catalogue.save()


def untranslated(path: Path) -> list[str]:
    return [entry.msgid for entry in polib.pofile(str(path)) if not entry.obsolete and not entry.translated()]
