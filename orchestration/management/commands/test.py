"""Run the whole test suite with pytest, on the embedded services, in parallel."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orchestration.preparation import NotReady, install_browser_libraries


class Command(BaseCommand):
    help = "Runs the tests. All arguments go to pytest, for example: manage.py test schemas -k rules -x"

    def run_from_argv(self, argv: list[str]) -> None:
        """pytest reads its own arguments, so Django must not."""
        try:
            install_browser_libraries(self.stderr.write)
        except NotReady as error:
            self.stderr.write(str(error))
            sys.exit(2)
        arguments = argv[2:]
        if not any(word == "-n" or word.startswith(("-n", "--numprocesses")) for word in arguments):
            arguments = ["-n", "auto", "--dist", "worksteal", *arguments]
        sys.exit(subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=Path(settings.BASE_DIR)).returncode)

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("Run this from the shell: python3 manage.py test")
