"""Folds what happened into the counters of the reports, once or again and again."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections

from reporting.roll_up import Folded, rebuild, roll_up


class Command(BaseCommand):
    help = "Folds new events and the ledger into the counters of the reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", "--loop", type=float, metavar="SECONDS", help="go on, with so many seconds between two passes")
        parser.add_argument("--rebuild", action="store_true", help="make all counters anew")

    def handle(self, *args: Any, every: float | None, rebuild: bool, **options: Any) -> None:
        if every is not None and every <= 0:
            raise CommandError("The seconds between two passes must be more than 0.")
        self.say(self.first(rebuild))
        while every is not None:
            time.sleep(every)
            close_old_connections()
            try:
                done = roll_up()
            except OperationalError as error:  # the database restarts; the next pass finds it again
                self.stderr.write(f"The figures were not brought up to date: {str(error).strip()}")
                continue
            if done.events:
                self.say(done)

    def first(self, anew: bool) -> Folded:
        return rebuild() if anew else roll_up()

    def say(self, done: Folded) -> None:
        waiting = "; events that are being written are left to the next pass" if done.waiting else ""
        self.stdout.write(f"{done.events} events folded, {done.runs} runs counted{waiting}.")
