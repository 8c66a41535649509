"""Compile locale/*/LC_MESSAGES/*.po where the compiled file is missing or older."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from orchestration.translations import compile_all


class Command(BaseCommand):
    help = "Compile the translations that are missing or older than their source. Needs no gettext on the machine."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        made = len(compile_all())
        self.stdout.write(ngettext("%(n)s translation compiled.", "%(n)s translations compiled.", made) % {"n": made})
