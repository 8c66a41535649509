"""Make report: a PDF of a run's figures is on disk and in the list of reports."""

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext

from campaigns.models import Campaign
from orchestration.models import Run
from reporting.models import Report
from reporting.pdf import pdf_of
from reporting.query import campaign_figures, default_run
from reporting.roll_up import roll_up

FOLDER = "reports"


def make_report(campaign: Campaign, user: Any, run: Run | None = None, path: Path | str | None = None) -> Report:
    """The figures are brought up to date, made into a PDF and kept with it. `path` also writes the file there.

    `user` is the person who asked, or None where the machine does.
    """
    if user is not None and not user.has_perm("reporting.view_report"):
        raise PermissionDenied(gettext("You may not see reports."))
    run = run or default_run(campaign)
    roll_up(runs=[run.pk] if run else [])
    figures, at = campaign_figures(campaign, run), timezone.now()
    data = pdf_of(figures, prepared_by=name_of(user), at=at)
    name = f"{FOLDER}/{campaign.pk}-{at:%Y%m%d-%H%M%S}-{secrets.token_hex(8)}.pdf"  # nothing that anybody typed is in it
    write(Path(settings.MEDIA_ROOT) / name, data)
    if path:
        write(Path(path), data)
    return Report.objects.create(campaign=campaign, run=run, made_by=user, path=name, figures=figures.as_dict())


def name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user is not None else ""


def file_of(report: Report) -> Path:
    """Where the PDF is; never outside our folder, whatever the row says."""
    folder = (Path(settings.MEDIA_ROOT) / FOLDER).resolve()
    found = (Path(settings.MEDIA_ROOT) / report.path).resolve()
    if not found.is_relative_to(folder) or not found.is_file():
        raise FileNotFoundError(report.path)
    return found


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
