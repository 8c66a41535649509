"""The first page: what waits for this person, what is going on, and how it went; each sees only what the role may see."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.choices import VersionStatus
from campaigns.models import Campaign, Version
from campaigns.views.status import LEVELS
from orchestration.choices import RUN_OPEN, RunKind
from orchestration.models import Run
from reporting.query import RUN_TONES, campaign_lines

SHOWN = 6  # rows in each card
KEYS = ("planned", "delivery_rate", "open_rate", "click_rate")


@dataclass(frozen=True)
class Row:
    """One campaign in a card: a version with its pill."""

    version: Version
    tone: str


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the admin's index; named in settings.UNFOLD."""
    user = request.user
    context |= {
        "title": _("Home"),
        "may_draw": user.has_perm("campaigns.add_campaign"),
        "may_load": user.has_perm("schemas.ingest_records"),
    }
    if user.has_perm("campaigns.approve_version"):
        context["waiting"] = waiting(user)
    if user.has_perm("campaigns.view_campaign"):
        context["recent"] = recent()
    if user.has_perm("orchestration.view_run"):
        context["open_runs"] = open_runs()
    if user.has_perm("reporting.view_report"):
        context["results"] = results()
    return context


def waiting(user: Any) -> list[Version]:
    """Versions in review that this person may decide on: never one's own."""
    found = Version.objects.filter(status=VersionStatus.IN_REVIEW, campaign__archived=False).select_related("campaign", "submitted_by")
    return list(found.exclude(submitted_by=user).exclude(contributors=user).order_by("submitted_at")[:SHOWN])


def recent() -> list[Row]:
    campaigns = Campaign.objects.filter(archived=False).prefetch_related("versions")[:SHOWN]
    newest = [max(campaign.versions.all(), key=lambda v: v.number, default=None) for campaign in campaigns]
    return [Row(version, LEVELS[version.status]) for version in newest if version]


def open_runs() -> list[tuple[Run, str]]:
    runs = Run.objects.filter(status__in=RUN_OPEN).select_related("version__campaign")[:SHOWN]
    return [(run, RUN_TONES.get(run.status, "")) for run in runs]  # type: ignore[call-overload]


def results() -> list[dict[str, Any]]:
    """The latest live runs with their key figures."""
    runs = Run.objects.filter(kind=RunKind.LIVE).select_related("version__campaign")[:SHOWN]
    return [{"run": run, "figures": [figures[key] for key in KEYS]} for run, figures in campaign_lines(runs)]
