"""What recipients reach without signing in. A genuine link works even while the database does not."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from orchestration import receive, suppress, track
from orchestration.choices import EventKind, SuppressionKind
from orchestration.models import Message, Suppression
from orchestration.plan import Plan

log = logging.getLogger(__name__)
# One transparent pixel.
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
RETRY_SECONDS = 120

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """Never kept by anybody on the way, never indexed, never named to the next site."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        response["Cache-Control"] = "no-store, private, max-age=0"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


@public
@require_http_methods(["GET", "HEAD"])
def opened(request: HttpRequest, token: str) -> HttpResponse:
    target = track.read(track.OPEN, token)
    if not target:
        return unknown(request)
    note(request, target, EventKind.OPENED)
    return HttpResponse(GIF, content_type="image/gif")


@public
@require_http_methods(["GET", "HEAD"])
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """The target comes out of the signed token and from nowhere else."""
    target = track.read(track.CLICK, token)
    if not target or not track.TRACKABLE.match(target.url):
        return unknown(request)
    note(request, target, EventKind.CLICKED)
    return HttpResponseRedirect(target.url)


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a page with one button, for scanners fetch every link; POST does it, from there or in one click (RFC 8058)."""
    target = track.read(track.UNSUBSCRIBE, token)
    if not target:
        return unknown(request)
    try:
        message = Message.objects.select_related("run").get(token=target.message)
        with translation.override(language_of(message)):
            return opt_out(request, message)
    except Message.DoesNotExist:
        return unknown(request)
    except DatabaseError as error:
        log.error("An unsubscribe request waits for the database: %s", type(error).__name__)
        response = page(request, "later", status=503)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response


def opt_out(request: HttpRequest, message: Message) -> HttpResponse:
    words = {"sender": settings_of(message).get("sender", {}).get("from_name", ""), "address": hidden(message)}
    if request.method == "POST":
        receive.unsubscribe(message)
        return page(request, "done", **words)
    left = Suppression.objects.filter(channel=message.channel, address_hash=message.address_hash, kind=SuppressionKind.OPT_OUT)
    return page(request, "done" if left.exists() else "ask", **words)


# --- parts ------------------------------------------------------------------------------------------------------------


def note(request: HttpRequest, target: track.Target, kind: str) -> None:
    """Keep the event; whoever asked gets an answer in any case."""
    agent = receive.clean(request.headers.get("User-Agent", ""))
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    machine = receive.is_machine(request.method or "", agent, purpose)
    link = str(target.index) if kind == EventKind.CLICKED else ""
    try:
        receive.event(target.message, kind, url=target.url, link=link, machine=machine, detail={"agent": agent})
    except DatabaseError as error:
        log.error("An event (%s) was lost: %s", kind, type(error).__name__)


def unknown(request: HttpRequest) -> HttpResponse:
    """The same for every link that is not ours, whatever is wrong with it."""
    return page(request, "unknown", status=404)


def page(request: HttpRequest, what: str, status: int = 200, **words: Any) -> HttpResponse:
    return render(request, "orchestration/unsubscribe.html", {"what": what, **words}, status=status)


def hidden(message: Message) -> str:
    return suppress.hint(message.address) if message.address else ""


def settings_of(message: Message) -> dict[str, Any]:
    """The settings of the e-mail activity that the message came from."""
    activity = Plan(message.run.plan).by_uid.get(message.activity_uid)
    step = activity.step("send") if activity else None
    return dict(step["settings"]) if step else {}


def language_of(message: Message) -> str:
    """The recipient's language where it is known, or else the mail's."""
    told = settings_of(message)
    recipient = message.context.get(told.get("recipient", ""))
    known = {code for code, _name in settings.LANGUAGES}
    own = str(recipient.get("language") or "")[:2].lower() if isinstance(recipient, dict) else ""
    return own if own in known else str(told.get("language") or settings.LANGUAGE_CODE)
