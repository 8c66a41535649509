"""Screens of approval and launch: look, decide, start."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import canvas, publish, validate
from campaigns.choices import VersionStatus
from campaigns.models import Approval, Version
from orchestration import launch, review
from orchestration.exceptions import RunError
from orchestration.models import Run
from orchestration.monitor import canvas_url
from orchestration.picture import picture
from orchestration.views.run import REFUSALS, text_of
from schemas.catalog import Catalog
from schemas.exceptions import Problem

can_view = permission_required("campaigns.view_version", raise_exception=True)


@can_view
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """Everything that waits for a decision, the oldest first; and what was decided lately."""
    rows = Version.objects.select_related("campaign", "submitted_by", "approved_by")
    context = {
        "title": _("Approvals"),
        "waiting": rows.filter(status=VersionStatus.IN_REVIEW).order_by("submitted_at"),
        "approved": rows.filter(status=VersionStatus.APPROVED).order_by("-approved_at"),
        "decided": Approval.objects.select_related("version__campaign", "by")[:20],
    }
    return render(request, "orchestration/approvals.html", {**admin.site.each_context(request), **context})


@can_view
@require_GET
def approval(request: HttpRequest, version_id: int) -> HttpResponse:
    version = found(version_id)
    run = review.counted_run(version)
    context = {
        "title": str(version),
        "version": version,
        "problems": labelled_problems(version),
        "differences": review.differences(version),
        "before": review.last_approved(version),
        "history": version.approvals.select_related("by"),
        "can_decide": version.status == VersionStatus.IN_REVIEW and request.user.has_perm("campaigns.approve_version"),
        "own": is_author(version, request.user),
        "can_test": request.user.has_perm("orchestration.test_run"),
        "can_launch": version.status == VersionStatus.APPROVED and request.user.has_perm("orchestration.launch_run"),
        **counted(request, version, run),
    }
    return render(request, "orchestration/approval.html", {**admin.site.each_context(request), **context})


def labelled_problems(version: Version) -> list[tuple[str, Problem]]:
    """What is wrong or worth knowing, beside the name of its activity."""
    graph = canvas.read(version)
    labels = {activity["uid"]: activity["label"] for activity in graph["activities"]}
    return [(labels.get(problem.where, ""), problem) for problem in validate.problems(graph, Catalog.load())]


def counted(request: HttpRequest, version: Version, run: Run | None) -> dict[str, Any]:
    """What the test brought: counts on the picture, figures, mails."""
    ready = review.is_counted(run)
    counts = {task.activity_uid: task.counts for task in run.tasks.all()} if run else {}
    sendings = review.sendings(run) if run and ready else []
    return {
        "run": run,
        "ready": ready,
        "picture": picture(canvas.read(version), counts),
        "sendings": sendings,
        "planned": sum(sending.planned for sending in sendings),
        "canvas_url": canvas_url(run) if run else "",
        "previews": previews(request, run, sendings) if run and ready else [],
        "may_see_people": request.user.has_perm("orchestration.preview_rows"),
    }


def previews(request: HttpRequest, run: Run, sendings: list[review.Sending]) -> list[review.Preview]:
    """?mail=3&of=<uid> turns the pages of one activity."""
    if not request.user.has_perm("orchestration.preview_rows"):
        return []
    turned, number = request.GET.get("of", ""), request.GET.get("mail", "")
    shown = []
    for sending in sendings:
        uid = sending.task.activity_uid
        first = int(number) if uid == turned and number.isdigit() else 0
        try:
            shown.append(review.preview(run, uid, first))
        except REFUSALS as error:
            shown.append(review.Preview(uid, sending.task.label, error=text_of(error)))
    return shown


@require_POST
def decide(request: HttpRequest, version_id: int) -> HttpResponse:
    version, user = found(version_id), cast(User, request.user)
    comment, digest = request.POST.get("comment", "").strip()[:4000], request.POST.get("digest", "")
    try:
        if request.POST.get("decision") == "approve":
            review.approve(version, request.user, comment, digest)
            messages.success(request, _("Approved. It can be launched now."))
        elif request.POST.get("decision") == "changes":
            review.request_changes(version, request.user, comment, digest)
            messages.success(request, _("The author has been asked for changes."))
        elif request.POST.get("decision") == "withdraw":
            publish.withdraw(version, user)
            messages.success(request, _("Withdrawn. It can be edited again."))
        else:
            raise RunError(_("There is no such decision. Reload the page and try again."))
    except REFUSALS as error:
        messages.error(request, text_of(error))
    return redirect("approval", version_id=version.pk)


@can_view
@require_http_methods(["GET", "POST"])
def launch_page(request: HttpRequest, version_id: int) -> HttpResponse:
    version = found(version_id)
    if request.method == "POST":
        try:
            run = launch.launch(version, request.user, at=moment(request))
        except REFUSALS as error:
            messages.error(request, text_of(error))
            return redirect("launch", version_id=version.pk)
        messages.success(request, _("Scheduled.") if run.status == "scheduled" else _("Launched."))
        return redirect(run.get_absolute_url())
    counted_by = review.counted_run(version)
    sendings = review.sendings(counted_by) if counted_by and review.is_counted(counted_by) else []
    context = {
        "title": _("Launch %(version)s") % {"version": version},
        "version": version,
        "run": counted_by,
        "sendings": sendings,
        "planned": sum(sending.planned for sending in sendings),
        "zone": settings.TIME_ZONE,
        "earliest": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "problems": launch.readiness.signature_problems(version),
        "may_launch": request.user.has_perm("orchestration.launch_run"),
        "live": Run.objects.filter(version=version, kind="live").first(),
    }
    return render(request, "orchestration/launch.html", {**admin.site.each_context(request), **context})


def moment(request: HttpRequest) -> datetime | None:
    """When to start, in the workspace's zone; None for now."""
    if request.POST.get("when") != "later":
        return None
    try:
        naive = parse_datetime(request.POST.get("at", ""))
    except ValueError:
        naive = None
    if naive is None or naive.tzinfo:
        raise RunError(_("Give a date and a time."))
    at = naive.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    if at.astimezone(ZoneInfo("UTC")).astimezone(at.tzinfo).replace(tzinfo=None) != naive:
        raise RunError(_("The clocks are put forward at that time, so it does not exist. Choose an hour later."))
    if at <= timezone.now():
        raise RunError(_("That moment has passed. Choose a later one, or launch now."))
    return at


def found(version_id: int) -> Version:
    return get_object_or_404(Version.objects.select_related("campaign", "submitted_by", "approved_by"), pk=version_id)


def is_author(version: Version, user: Any) -> bool:
    return version.submitted_by_id == user.pk or version.contributors.filter(pk=user.pk).exists()
