"""Inbox: keep the mails that the local mail server received, and take them apart to be looked at."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from orchestration.models import InboxMail
from orchestration.receive import clean

HEAD = re.compile(r"<head\b[^>]*>", re.I)
NEW_TAB = '<base target="_blank">'


@dataclass
class Opened:
    """A mail, taken apart."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    html: str = ""
    text: str = ""
    unsubscribe_url: str = ""

    @property
    def from_shown(self) -> str:
        return self.header("From")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def in_use() -> bool:
    """Whether mail goes to the local inbox at all."""
    target = urlsplit(settings.EMAIL_URL)
    return target.hostname in (settings.INBOX_HOST, "localhost") and target.port == settings.INBOX_PORT


def store(sender: str, recipients: Iterable[str], raw: bytes) -> None:
    """One row for each recipient. Only two headers are looked at: a mail server has to be quick."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    subject, message_id = decoded(head.get("Subject")), decoded(head.get("Message-ID"))
    for to in recipients:
        InboxMail.objects.create(
            mail_from=clean(sender, 320),
            rcpt_to=clean(to, 320),
            subject=clean(subject, 500),
            message_id=clean(message_id, 200),
            raw=raw,
        )


def decoded(value: Any) -> str:
    """A header as it reads; what cannot be decoded is kept raw."""
    text = str(value or "")
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, ValueError, LookupError):
        return text


def open_mail(raw: bytes | memoryview) -> Opened:
    mail = parse(raw)
    opened = Opened(headers_of(mail), part_of(mail, "html"), part_of(mail, "plain"))
    opened.unsubscribe_url = one_click_url(opened)
    return opened


def parse(raw: bytes | memoryview) -> EmailMessage:
    return message_from_bytes(bytes(raw), policy=policy.default)  # type: ignore[return-value]


def headers_of(mail: EmailMessage) -> list[tuple[str, str]]:
    """As they read when decoded; what cannot be decoded is shown raw."""
    try:
        return [(key, str(value)) for key, value in mail.items()]
    except (MessageError, ValueError, LookupError, IndexError, AttributeError):  # the parser meets mail of any kind
        return [(key, str(value)) for key, value in mail.raw_items()]


def part_of(mail: EmailMessage, kind: str) -> str:
    try:
        part = mail.get_body((kind,))
        return str(part.get_content(errors="replace")) if part else ""
    except (MessageError, ValueError, LookupError, KeyError, AttributeError):
        return ""


def one_click_url(opened: Opened) -> str:
    """The address that a mail program would post to; only our own, for this page offers a button for it."""
    found = re.search(r"<(https?://[^<>\s]+)>", opened.header("List-Unsubscribe"))
    genuine = opened.header("List-Unsubscribe-Post").strip() == "List-Unsubscribe=One-Click"
    return found[1] if found and genuine and found[1].startswith(f"{settings.BASE_URL}/u/") else ""


def for_frame(html: str) -> str:
    """Links open in a new tab, for inside the frame there is nowhere to go."""
    if HEAD.search(html):
        return HEAD.sub(lambda found: found.group() + NEW_TAB, html, count=1)
    return NEW_TAB + html
