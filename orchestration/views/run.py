"""Screens of a run: the monitor, and what the canvas asks about it."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.exceptions import CampaignError, NotAllowed
from campaigns.models import Version
from orchestration import control, launch, monitor
from orchestration.choices import RUN_FINISHED, RunStatus
from orchestration.exceptions import RunError
from orchestration.models import Run, Task
from orchestration.rows import LIMIT, rows_of
from orchestration.state import state
from schemas.exceptions import Problem, SchemaError

STOP_POLLING = 286  # htmx: put this in and ask no more
REFUSALS = (RunError, CampaignError, SchemaError)
QUIET = RUN_FINISHED | {RunStatus.FAILED}


def may_see(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return permission_required("orchestration.view_run", raise_exception=True)(view)


@may_see
@require_GET
def run_monitor(request: HttpRequest, run_id: int) -> HttpResponse:
    run = found(run_id)
    context = {**admin.site.each_context(request), "title": monitor.title(run), **monitor.page(run, request.user)}
    return render(request, "orchestration/run_monitor.html", context)


@may_see
@require_GET
def run_monitor_part(request: HttpRequest, run_id: int) -> HttpResponse:
    """What moves on the monitor; a run that stands still is not asked about again."""
    run = found(run_id)
    status = STOP_POLLING if run.status in QUIET else 200
    return render(request, "orchestration/run_monitor_part.html", monitor.page(run, request.user), status=status)


@may_see
@require_GET
def run_state(request: HttpRequest, run_id: int) -> JsonResponse:
    return JsonResponse(state(found(run_id)))


@may_see
@require_GET
def version_run(request: HttpRequest, version_id: int) -> JsonResponse:
    """The latest run of a version, for its canvas: {run: id or null}."""
    return JsonResponse({"run": Run.objects.filter(version_id=version_id).order_by("-id").values_list("pk", flat=True).first()})


@may_see
@require_GET
def run_rows(request: HttpRequest) -> HttpResponse:
    """The first rows of a port (?run=&uid=&port=&q=): a page, a fragment of it for scripts, or JSON with &format=json."""
    asked = request.GET
    number = asked.get("run", "")
    run = found(int(number) if number.isdigit() else 0)
    task = get_object_or_404(Task, run=run, activity_uid=asked.get("uid", ""))
    search = asked.get("q", "").strip()[:200]
    rows = None
    try:
        rows = rows_of(run, task.activity_uid, asked.get("port", "out"), request.user, search)
    except REFUSALS as error:
        if from_script(request):
            return refused(error)
        messages.error(request, text_of(error))
    if rows and asked.get("format") == "json":
        return JsonResponse({"columns": rows.columns, "rows": rows.rows, "total": rows.total, "limit": LIMIT, "table": rows.name})
    context = {
        "title": task.label,
        "run": run,
        "task": task,
        "port": asked.get("port", "out"),
        "found": rows,
        "search": search,
        "limit": LIMIT,
    }
    if from_script(request):
        return render(request, "orchestration/run_rows_part.html", context)
    return render(request, "orchestration/run_rows.html", {**admin.site.each_context(request), **context})


@require_POST
def run_test(request: HttpRequest, version_id: int) -> HttpResponse:
    """Start a test run; a form goes to its monitor, a script gets {run: id}."""
    version = get_object_or_404(Version, pk=version_id)
    try:
        run = launch.start_test(version, request.user)
    except REFUSALS as error:
        if from_script(request):
            return refused(error)
        messages.error(request, text_of(error))
        return redirect(back(request) or "admin:orchestration_run_changelist")
    if from_script(request):
        return JsonResponse({"run": run.pk})
    return redirect(back(request) or run.get_absolute_url())


@require_POST
def run_control(request: HttpRequest, run_id: int) -> HttpResponse:
    """action = pause, resume, stop, or retry with task=<id>."""
    run = found(run_id)
    sent = body(request)
    try:
        act(run, sent, request.user)
    except REFUSALS as error:
        if from_script(request):
            return refused(error)
        messages.error(request, text_of(error))
    run.refresh_from_db()
    return JsonResponse(state(run)) if from_script(request) else redirect(run.get_absolute_url())


def act(run: Run, sent: dict[str, Any], user: Any) -> None:
    actions = {"pause": control.pause, "resume": control.resume, "stop": control.stop}
    action = str(sent.get("action"))
    if action in actions:
        actions[action](run, user)
    elif action == "retry" and str(sent.get("task", "")).isdigit():
        control.retry(get_object_or_404(Task, pk=int(sent["task"]), run=run), user)
    else:
        raise RunError(_("There is no such action. Reload the page and try again."))


# --- parts ------------------------------------------------------------------------------------------------------------


def found(run_id: int) -> Run:
    return get_object_or_404(Run.objects.select_related("version__campaign", "started_by"), pk=run_id)


def from_script(request: HttpRequest) -> bool:
    asks = request.headers.get("X-Requested-With") == "XMLHttpRequest" or request.GET.get("format") == "json"
    return asks or "application/json" in request.headers.get("Accept", "") or request.content_type == "application/json"


def body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        sent = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def problems_of(error: Exception) -> list[Problem]:
    return getattr(error, "problems", None) or [Problem("", str(error))]


def text_of(error: Exception) -> str:
    return "\n".join(f"{p.text} {p.hint}".strip() for p in problems_of(error))


def refused(error: Exception) -> JsonResponse:
    status = 403 if isinstance(error, NotAllowed) else 409
    return JsonResponse({"message": text_of(error), "problems": [p.as_dict() for p in problems_of(error)]}, status=status)


def back(request: HttpRequest) -> str | None:
    """Where the form was, when it is a page of ours."""
    target = request.POST.get("next", "")
    return target if target.startswith("/admin/") and not target.startswith("//") else None
