"""Load the sample shop: schemas, records, audiences and two campaigns, for trying things out."""

import datetime
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.exceptions import CampaignError
from orchestration.sample.load import load
from schemas.exceptions import SchemaError


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


class Command(BaseCommand):
    help = "Load the sample shop (about 5,000 customers with orders and journeys) and two campaigns. Does nothing when it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=5000, metavar="N", help="how many customers (default: 5000)")
        parser.add_argument(
            "--today", type=day, default=None, metavar="DATE", help="the day that the shop's history leads up to (default: today)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["customers"] < 1:
            raise CommandError(_("The shop needs at least one customer."))
        started = time.monotonic()
        try:
            loaded = load(Path(settings.VAR_DIR), options["today"] or timezone.localdate(), options["customers"])
        except (SchemaError, CampaignError) as error:
            raise CommandError("\n".join(" ".join(filter(None, (p.where, str(p.text), str(p.hint)))) for p in error.problems)) from error
        if loaded is None:
            self.stdout.write(_("The sample shop is loaded already; nothing was changed."))
            return
        for name, records in loaded.records.items():
            self.stdout.write(f"  {name:<16}{records:>8,}")
        said = {"seconds": f"{time.monotonic() - started:.1f}", "campaigns": ", ".join(loaded.campaigns)}
        self.stdout.write(self.style.SUCCESS(_("Sample shop loaded in %(seconds)s s. Campaigns: %(campaigns)s.") % said))
