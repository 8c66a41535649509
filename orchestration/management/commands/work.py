"""Run one worker on one queue."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Runs one worker. It has one queue only: a worker with several loses a job when it is killed between two of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queue", choices=["run", "send", "io", "default"])

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("rqworker", options["queue"], verbosity=0)
