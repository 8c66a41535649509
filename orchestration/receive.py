"""Receive: turn what came back about a message into events; whatever comes back proves that it arrived."""

import json
import re
from typing import Any

from django.db import connection, transaction

from orchestration import suppress
from orchestration.choices import EventKind, SuppressionKind
from orchestration.models import Event, Message

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MAX_AGENT = 200
# What asks for pictures and links without a person: proxies that fetch at once, scanners, previews, crawlers.
MACHINE = re.compile(
    r"GoogleImageProxy|YahooMailProxy|bot\b|crawler|spider|scanner|preview|proofpoint|barracuda|mimecast|urldefense|facebookexternalhit",
    re.I,
)
APPLE = "Mozilla/5.0"  # all that Apple's proxy says of itself
AT_ONCE_SECONDS = 2  # nobody reads that fast

EVENT = """
    WITH found AS (
        SELECT id, state, coalesce(sent_at, send_started_at) AS left_at FROM orchestration_message WHERE token = %(token)s
    ), proven AS (
        UPDATE orchestration_message m SET state = 'sent', sent_at = coalesce(m.sent_at, m.send_started_at, clock_timestamp()),
            reply = left(%(kind)s || ': it arrived. ' || m.reply, 500)
        FROM found WHERE m.id = found.id AND m.state = 'unknown'
    )
    INSERT INTO orchestration_event (message_id, kind, at, url, link, machine, key, detail)
    SELECT id, %(kind)s, clock_timestamp(), %(url)s, %(link)s,
        %(machine)s OR (%(kind)s IN ('opened', 'clicked') AND coalesce(clock_timestamp() < left_at + make_interval(secs => %(at_once)s), false)),
        %(key)s, %(detail)s::jsonb
    FROM found ON CONFLICT DO NOTHING
"""


def event(
    token: str, kind: str, *, url: str = "", link: str = "", machine: bool = False, key: str = "", detail: dict[str, Any] | None = None
) -> bool:
    """Keep an event of the message with this token; False when there is no such message, or the event was known."""
    values: dict[str, Any] = {
        "token": token,
        "kind": kind,
        "url": url,
        "link": link,
        "machine": machine,
        "key": key,
        "at_once": AT_ONCE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(EVENT, {**values, "detail": json.dumps(detail or {})})
        return bool(cursor.rowcount)


def unsubscribe(message: Message) -> None:
    """The person is not written to again on this channel; from now on, and within one message of any run."""
    with transaction.atomic():
        suppress.add_recipient(message, SuppressionKind.OPT_OUT)
        event(message.token, EventKind.UNSUBSCRIBED, key="unsubscribe")


def bounced(message: Message, text: str) -> None:
    """The address does not exist."""
    with transaction.atomic():
        suppress.add_recipient(message, SuppressionKind.HARD_BOUNCE, text)
        event(message.token, EventKind.BOUNCED, key="refused", detail={"reply": text[:400]})


def clean(text: str, most: int = MAX_AGENT) -> str:
    return UNSAFE.sub(" ", text)[:most]


def is_machine(method: str, agent: str, purpose: str) -> bool:
    return method != "GET" or agent.strip() in ("", APPLE) or bool(MACHINE.search(agent)) or "prefetch" in purpose.lower()


def events_of(message: Message) -> list[Event]:
    return list(message.events.order_by("id"))
