"""Collect the texts of the code into locale/, keeping what is translated, and say what is left to translate."""

from contextlib import chdir
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

from orchestration.translations import IGNORED, add_help, catalogues, translations, untranslated

# Functions around gettext and ngettext, by domain.
OUR_FUNCTIONS: dict[str, tuple[str, ...]] = {"django": (), "djangojs": ("translate", "words", "counted:1,2")}


class Command(makemessages.Command):
    help = "Refresh the catalogues in locale/ from the code and its docstrings. Needs gettext (xgettext, msgmerge) on the machine."
    requires_system_checks: list[str] = []
    # A guess from a similar text would have to be found and checked; an empty place says plainly what is missing.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def add_arguments(self, parser: Any) -> None:
        """None: one way to do it keeps the files comparable."""

    def handle(self, *args: Any, **options: Any) -> None:
        known = {path: translations(path) for path in catalogues()}
        with chdir(settings.BASE_DIR):
            for domain, functions in OUR_FUNCTIONS.items():
                self.xgettext_options = [*makemessages.Command.xgettext_options, *(f"--keyword={name}" for name in functions)]
                super().handle(**{**options, **self.choices_for(domain)})
        for path, before in known.items():
            if path.stem == "django":
                add_help(path, before)
            self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {len(untranslated(path))} to translate")
            for text in untranslated(path):
                self.stdout.write(f"  {text!r}")

    def choices_for(self, domain: str) -> dict[str, Any]:
        return {
            "domain": domain,
            "locale": sorted({path.parent.parent.name for path in catalogues()}),
            "exclude": [],
            "all": False,
            "extensions": None,
            "symlinks": False,
            "ignore_patterns": IGNORED,
            "use_default_ignore_patterns": True,
            "no_wrap": True,
            "no_location": False,
            "add_location": "file",
            "no_obsolete": True,
            "keep_pot": False,
        }
