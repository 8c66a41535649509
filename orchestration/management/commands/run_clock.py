"""run_clock: wakes what is due and repairs what was forgotten, every few seconds, for ever."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from orchestration.clock import tick

log = logging.getLogger(__name__)
LONGEST_PAUSE = 60.0


class Command(BaseCommand):
    help = "Wakes runs and tasks that are due, and repairs what lost its worker. Run one or more of these."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="One tick only.")

    def handle(self, *args: Any, **options: Any) -> None:
        pause = float(settings.CLOCK_SECONDS)
        while True:
            try:
                tick()
                pause = float(settings.CLOCK_SECONDS)
            except Error as error:
                log.warning("The clock cannot reach the database, trying again in %.0f s: %s", pause, error)
                connection.close()
                pause = min(pause * 2, LONGEST_PAUSE)
            if options["once"]:
                return
            time.sleep(pause)
