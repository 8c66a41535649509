"""What canvas and list twin share: finding a version, and what the server knows about a drawing."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import validate
from campaigns.exceptions import CampaignError, EditConflict
from campaigns.flow import Box, Flow, walk
from campaigns.models import Version
from schemas.catalog import Catalog, Clock
from schemas.exceptions import Problem

Graph = dict[str, Any]


def version_of(request: HttpRequest, campaign_id: int) -> Version:
    """The version asked for by ?version=N, or else the newest."""
    versions = Version.objects.select_related("campaign", "submitted_by", "approved_by").filter(campaign_id=campaign_id)
    number = request.GET.get("version", "")
    if number.isdigit():
        return get_object_or_404(versions, number=int(number))
    newest = versions.order_by("-number").first()
    return newest or get_object_or_404(versions, pk=0)


def person(request: HttpRequest) -> User:
    """Who asks; only people who signed in come this far."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def may_edit(request: HttpRequest, version: Version) -> bool:
    return version.editable and request.user.has_perm("campaigns.change_campaign")


def draft_flow(graph: Graph, catalog: Catalog) -> Flow:
    """The drawing as far as it can be understood; nothing runs."""
    return walk(graph, catalog, Clock.current(), seed="draft", prefix="draft")


def describe(flow: Flow, catalog: Catalog) -> dict[str, dict[str, Any]]:
    """For each box: its ports, one line of summary, and what kind of records flow in and out."""
    return {uid: describe_box(box, catalog) for uid, box in flow.boxes.items()}


def describe_box(box: Box, catalog: Catalog) -> dict[str, Any]:
    dimension = next((p.dimension for p in box.outputs.values()), "") or next(
        (p.dimension for found in box.inputs.values() for p in found), ""
    )
    schema = catalog.schemas.get(dimension)
    return {
        "inputs": [port.as_dict() for port in box.input_ports],
        "outputs": [port.as_dict() for port in box.output_ports],
        "summary": str(box.kind.summary(box.node.config, catalog)) if box.kind else "",
        "dimension": str(schema.label) if schema else "",
        "flows": [[port, p.dimension, [column.alias for column in p.extra]] for port, p in box.outputs.items()],
    }


def judge(graph: Graph, catalog: Catalog) -> dict[str, Any]:
    """What the server knows about a drawing: each box described, and all problems."""
    flow = draft_flow(graph, catalog)
    return {"described": describe(flow, catalog), "problems": [as_json(problem) for problem in validate.flow_problems(graph, flow)]}


def as_json(problem: Problem) -> dict[str, Any]:
    return problem.as_dict()


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON that the canvas posts."""
    try:
        data = json.loads(request.body)
    except ValueError as error:
        raise CampaignError(_("The canvas sent something that cannot be read. Reload the page and try again.")) from error
    if not isinstance(data, dict):
        raise CampaignError(_("The canvas sent something that cannot be read. Reload the page and try again."))
    return data


def graph_in(data: dict[str, Any]) -> Graph:
    """The drawing among what the canvas posted."""
    graph = data.get("graph")
    if not isinstance(graph, dict) or not isinstance(graph.get("activities"), list) or not isinstance(graph.get("transitions"), list):
        raise CampaignError(_("The canvas sent something that cannot be read. Reload the page and try again."))
    return graph


def refused(error: CampaignError, status: int = 400) -> JsonResponse:
    status = 409 if isinstance(error, EditConflict) else status
    problems = [as_json(problem) for problem in error.problems]
    return JsonResponse({"message": " ".join(p["text"] for p in problems[:3]), "problems": problems}, status=status)


def clock_time() -> str:
    return date_format(timezone.localtime(), "H:i")


def address(name: str, *args: object) -> str:
    """The address of a page of a higher layer, or nothing where that page is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
