"""Load: the sample shop is on this site, with its people's audiences and campaigns; all of it or nothing."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _

from orchestration.people import ensure_people
from orchestration.roles import MARKETER
from orchestration.sample.audiences import save_audiences
from orchestration.sample.campaigns import draw_campaigns
from orchestration.sample.describe import describe_shop
from orchestration.sample.generate import FILES, generate
from schemas.exceptions import IngestError, Problem
from schemas.ingest import create_import, ingest
from schemas.models import Schema

MARK = "client"  # where this schema is, the sample is
SAMPLE_LOCK = 7_305_003  # two starts at once: the second waits and finds it loaded


@dataclass(frozen=True)
class Loaded:
    """What the load brought."""

    records: dict[str, int]
    campaigns: list[str]


def load(folder: Path, today: datetime.date, customers: int = 5000) -> Loaded | None:
    """The sample is there; None when it was there before. Its change files stay in folder/sample."""
    marketer = User.objects.get(username=ensure_people(folder)[MARKETER][0])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SAMPLE_LOCK])
        if Schema.objects.filter(name=MARK).exists():
            return None
        describe_shop()
        generate(folder / "sample", today, customers)
        records = {name: load_file(name, folder / "sample" / f"{name}.csv") for name in FILES}
        save_audiences(marketer)
        drawn = draw_campaigns(marketer)
    return Loaded(records, [campaign.name for campaign in drawn])


def load_file(name: str, path: Path) -> int:
    loaded = ingest(create_import(Schema.objects.get(name=name), path.name, path, None))
    if loaded.rejected or loaded.error:
        reasons = loaded.error or ", ".join(f"{reason}: {n}" for reason, n in loaded.reasons.items())
        raise IngestError(Problem(name, _("The sample file was not loaded completely (%(reasons)s).") % {"reasons": reasons}))
    return loaded.inserted
