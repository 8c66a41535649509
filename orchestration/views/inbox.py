"""The local inbox, and how a message of the ledger looks."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaigns.exceptions import CampaignError
from orchestration import deliver, inbox
from orchestration.inbox import Opened
from orchestration.models import InboxMail, Message
from orchestration.views.track import settings_of

PER_PAGE = 30
TABS = {"html", "text", "headers"}


@permission_required("orchestration.view_inboxmail", raise_exception=True)
def mails(request: HttpRequest) -> HttpResponse:
    """A list to the left, the chosen mail to the right."""
    query = request.GET.get("q", "").strip().replace("\x00", "")[:200]
    found = InboxMail.objects.defer("raw").order_by("-id")
    if query:
        found = found.filter(Q(rcpt_to__icontains=query) | Q(subject__icontains=query))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    chosen = request.GET.get("mail", "")
    mail = InboxMail.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 19 else None
    opened = inbox.open_mail(mail.raw) if mail else None
    words = {
        "title": _("Local inbox"),
        "page": page,
        "query": query,
        "mail": mail,
        "opened": opened,
        "tab": tab_of(request, opened),
        "here": here(query, page.number, mail),
        "in_use": inbox.in_use(),
        "goes_to": urlsplit(settings.EMAIL_URL).hostname,
    }
    response = render(request, "orchestration/inbox.html", {**admin.site.each_context(request), **words})
    response._csp_update = {"form-action": [base_origin()]}  # type: ignore[attr-defined]  # the button that does what a mail program would
    return response


@xframe_options_sameorigin
@permission_required("orchestration.view_inboxmail", raise_exception=True)
def mail_html(request: HttpRequest, mail_id: int) -> HttpResponse:
    return framed(request, inbox.open_mail(get_object_or_404(InboxMail, pk=mail_id).raw).html)


@permission_required("orchestration.view_message", raise_exception=True)
def message_preview(request: HttpRequest, message_id: int) -> HttpResponse:
    """The mail again, out of the ledger; its links lead straight to their targets and nothing is counted."""
    message = get_object_or_404(Message.objects.select_related("run__version__campaign", "task"), pk=message_id)
    opened, problem = rebuilt(message)
    words = {
        "title": _("Message"),
        "message": message,
        "opened": opened,
        "subject": opened.header("Subject") if opened else "",
        "problem": problem,
        "tab": tab_of(request, opened),
    }
    return render(request, "orchestration/message_preview.html", {**admin.site.each_context(request), **words})


@xframe_options_sameorigin
@permission_required("orchestration.view_message", raise_exception=True)
def message_html(request: HttpRequest, message_id: int) -> HttpResponse:
    message = get_object_or_404(Message.objects.select_related("run"), pk=message_id)
    opened, _problem = rebuilt(message)
    return framed(request, opened.html if opened else "")


# --- parts ------------------------------------------------------------------------------------------------------------


def rebuilt(message: Message) -> tuple[Opened | None, str]:
    """(the mail, "") or (None, why there is none)."""
    told = settings_of(message)
    if not told:
        return None, _("The plan of its run says nothing about this message.")
    if not message.planned:
        return None, _("This message was never to be sent, so its content was not kept.")
    try:
        (shown,) = deliver.preview({"settings": told}, [{"context": message.context}])
    except CampaignError as error:
        return None, str(error)
    sender = told["sender"]
    headers = [
        ("From", f"{sender['from_name']} <{sender['from_email']}>"),
        ("To", message.address),
        ("Subject", shown.subject),
        ("Message-ID", message.message_id),
    ]
    return Opened(headers, shown.html, shown.text), ""


def tab_of(request: HttpRequest, opened: Opened | None) -> str:
    wanted = request.GET.get("tab", "html")
    if wanted not in TABS:
        wanted = "html"
    return "text" if opened and wanted == "html" and not opened.html else wanted


def here(query: str, page: int, mail: InboxMail | None) -> str:
    """The address of this mail in this list, for the tabs to add to."""
    return urlencode({"q": query, "page": page, "mail": mail.pk if mail else ""}) + "&"


def base_origin() -> str:
    parts = urlsplit(settings.BASE_URL)
    return f"{parts.scheme}://{parts.netloc}"


def framed(request: HttpRequest, html: str) -> HttpResponse:
    """Somebody else's HTML: no script, no form, no style from elsewhere, no origin; pictures from this site only."""
    ours = f"{request.scheme}://{request.get_host()} {base_origin()}"
    rules: dict[str, Any] = {
        "default-src": "'none'",
        "img-src": f"{ours} data:",
        "style-src": "'unsafe-inline'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }
    response = HttpResponse(inbox.for_frame(html), content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in rules.items())
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
