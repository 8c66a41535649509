"""Screens of the reports: the list, one campaign's dashboard, its CSV and PDF, and the rows behind a number."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.models import Campaign
from orchestration.choices import EventKind, Reason, RunKind, RunStatus
from orchestration.models import Event, Run
from reporting.figures import Figures
from reporting.make_report import file_of, make_report, name_of
from reporting.metrics import registry
from reporting.models import Report
from reporting.pdf import pdf_of
from reporting.query import RUN_TONES, campaign_figures, campaign_lines, run_label, runs_of
from reporting.rows import ROWS, rows_behind
from reporting.sheet import csv_of
from reporting.timeline import REACTIONS

CAMPAIGNS_ON_A_PAGE, ROWS_ON_A_PAGE, ACTIVITIES_SHOWN, REPORTS_SHOWN, RUNS_OFFERED = 25, 50, 200, 5, 200
MOVING = {RunStatus.RUNNING, RunStatus.SCHEDULED, RunStatus.PAUSED}
SENDER_KEYS = ("planned", "sent", "delivered", "bounced", "failed", "unknown", "unique_opens", "unique_clicks", "unsubscribes")
LIST_KEYS = ("planned", "delivery_rate", "open_rate", "click_rate", "unsubscribe_rate")
OPENS_COME_FOR = timedelta(days=7)  # after the last message; until then the page looks again by itself
POLL_OPEN, POLL_LATER = 5, 30  # seconds


def may_see(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    return permission_required("reporting.view_report", raise_exception=True)(view)


@may_see
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """All campaigns that ran, with the key figures of their latest live run."""
    latest = Run.objects.filter(version__campaign=OuterRef("pk"), kind=RunKind.LIVE).order_by("-pk")
    asked = request.GET.get("q", "").replace("\x00", "").strip()
    campaigns = (
        Campaign.objects.annotate(latest_run=Subquery(latest.values("pk")[:1])).filter(latest_run__isnull=False).order_by("-latest_run")
    )
    page = Paginator(campaigns.filter(name__icontains=asked) if asked else campaigns, CAMPAIGNS_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = [campaign.latest_run for campaign in page]  # type: ignore[attr-defined]
    runs = Run.objects.filter(pk__in=shown).select_related("version__campaign").order_by("-pk")
    lines = [
        {
            "campaign": run.version.campaign,
            "run": run,
            "tone": RUN_TONES.get(RunStatus(run.status), ""),
            "figures": [figures[key] for key in LIST_KEYS],
        }
        for run, figures in campaign_lines(runs)
    ]
    columns = [registry()[key] for key in LIST_KEYS]
    context = {
        "title": _("Reports"),
        "page": page,
        "lines": lines,
        "columns": columns,
        "asked": asked,
        "query": urlencode({"q": asked}),
        "any": bool(lines) or campaigns.exists(),
    }
    return render(request, "reporting/reports.html", {**admin.site.each_context(request), **context})


@may_see
@require_GET
def campaign_report(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The dashboard; asked by htmx, only its moving part."""
    campaign, run = chosen(request, campaign_id)
    figures = campaign_figures(campaign, run)
    context = dashboard(request, campaign, figures)
    if request.headers.get("HX-Request"):
        return render(request, "reporting/campaign_report_part.html", context)
    context |= {
        "title": campaign.name, "reports": Report.objects.filter(campaign=campaign).select_related("made_by")[:REPORTS_SHOWN],
        "runs": [(str(run.pk), run_label(run)) for run in runs_of(campaign)[:RUNS_OFFERED]],
    }  # fmt: skip
    return render(request, "reporting/campaign_report.html", {**admin.site.each_context(request), **context})


def dashboard(request: HttpRequest, campaign: Campaign, figures: Figures) -> dict[str, Any]:
    """What the templates show. Numbers are already written; what goes into addresses and styles is text, so that no locale touches it."""
    head, line = figures.header, figures.timeline
    return {
        "campaign": campaign, "figures": figures, "head": head, "run": "" if head.run is None else str(head.run),
        "funnel": [(stage, f"{stage.share * 100:.1f}%") for stage in figures.funnel],
        "activities": figures.activities[:ACTIVITIES_SHOWN], "sender_columns": [registry()[key] for key in SENDER_KEYS],
        "senders": [(row, [row.metrics[key] for key in SENDER_KEYS]) for row in figures.senders[:ACTIVITIES_SHOWN]],
        "points": {"labels": line.labels, "series": [{"key": s.key, "label": s.label, "values": s.values, "back": s.key in REACTIONS} for s in line.series]},
        "steps": [(label, [series.values[n] for series in line.series]) for n, label in enumerate(line.labels) if any(s.values[n] for s in line.series)],
        "sees_rows": request.user.has_perm("orchestration.view_message"), "sees_runs": request.user.has_perm("orchestration.view_run"),
        "seconds": seconds_to_wait(figures),
    }  # fmt: skip


def seconds_to_wait(figures: Figures) -> int:
    """How soon the page looks again; 0 is never."""
    head = figures.header
    if head.status in MOVING:
        return POLL_OPEN
    return POLL_LATER if head.finished and timezone.now() - head.finished < OPENS_COME_FOR else 0


def chosen(request: HttpRequest, campaign_id: int) -> tuple[Campaign, Run | None]:
    """The campaign, and the run that was asked for; a run of another campaign is not found."""
    campaign, asked = get_object_or_404(Campaign, pk=campaign_id), request.GET.get("run") or request.POST.get("run") or ""
    if not asked:
        return campaign, None
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    return campaign, get_object_or_404(Run.objects.select_related("version"), pk=int(asked), version__campaign=campaign)


# --- files ----------------------------------------------------------------------------------------------------------


@may_see
@require_GET
def campaign_report_csv(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign, run = chosen(request, campaign_id)
    figures = campaign_figures(campaign, run)
    return attached(HttpResponse(csv_of(figures), content_type="text/csv; charset=utf-8"), figures, "csv")


@may_see
@require_http_methods(["GET", "POST"])
def campaign_report_pdf(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """POST makes a report that is kept; GET only shows what it would be."""
    campaign, run = chosen(request, campaign_id)
    if request.method == "POST":
        report = make_report(campaign, request.user, run)
        data, figures = file_of(report).read_bytes(), campaign_figures(campaign, run)
    else:
        figures = campaign_figures(campaign, run)
        data = pdf_of(figures, prepared_by=name_of(request.user))
    return attached(HttpResponse(data, content_type="application/pdf"), figures, "pdf")


@may_see
@require_GET
def report_file(request: HttpRequest, report_id: int) -> FileResponse:
    """A report that was made before, as it was then."""
    report = get_object_or_404(Report, pk=report_id)
    try:
        return FileResponse(
            file_of(report).open("rb"), content_type="application/pdf", as_attachment=True, filename=f"report-{report.pk}.pdf"
        )
    except FileNotFoundError as missing:
        raise Http404(_("The file of this report is no longer there. Make a new one.")) from missing


def attached(response: HttpResponse, figures: Figures, ending: str) -> HttpResponse:
    """A file name without anything that could do harm in a header."""
    name = slugify(figures.header.name)[:60] or "campaign"
    response["Content-Disposition"] = f'attachment; filename="{name}-run-{figures.header.run or 0}.{ending}"'
    return response


# --- rows -----------------------------------------------------------------------------------------------------------


@may_see
@permission_required("orchestration.view_message", raise_exception=True)
@require_GET
def campaign_report_rows(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The messages that a number counts."""
    campaign, run = chosen(request, campaign_id)
    asked = {key: request.GET.get(key, "").replace("\x00", "")[:64] for key in ("rows", "activity", "reason")}
    if run is None or asked["rows"] not in ROWS:
        raise Http404
    found = rows_behind(run, **asked)
    page = Paginator(found, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    labels = dict(run.tasks.values_list("activity_uid", "label"))
    opened = set(Event.objects.filter(message__in=list(page), kind=EventKind.OPENED, machine=False).values_list("message", flat=True))
    clicked = set(Event.objects.filter(message__in=list(page), kind=EventKind.CLICKED, machine=False).values_list("message", flat=True))
    context = {
        "title": _("%(figure)s: the messages") % {"figure": label_of(asked["rows"])}, "campaign": campaign, "run": str(run.pk), "run_label": run_label(run),
        "page": page, "reason": dict(Reason.choices).get(asked["reason"], asked["reason"]), "query": urlencode({"run": run.pk} | asked),
        "activity": labels.get(asked["activity"], ""), "lines": [(m, labels.get(m.activity_uid, ""), m.pk in opened, m.pk in clicked) for m in page],
    }  # fmt: skip
    return render(request, "reporting/campaign_report_rows.html", {**admin.site.each_context(request), **context})


def label_of(rows: str) -> str:
    return next((str(metric.label) for metric in registry().values() if metric.rows == rows), rows)
