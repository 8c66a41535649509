"""Record: write down what the outside said, and do what follows from it."""

import random
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns import publish
from campaigns.choices import VersionStatus
from orchestration import receive
from orchestration.channels.base import Reply
from orchestration.choices import RunKind, RunStatus
from orchestration.models import LogLine, Message, Run

FIRST_MINUTES, GROWTH, MOST_HOURS = 5, 1.3, 12

# The token is the ownership: who lost it changes nothing. A late owner may still tell how its unknown message ended.
RECORD = """
    UPDATE orchestration_message SET state = %(state)s, reply = left(%(text)s, 500), lease_until = NULL, claims = 0,
        claim = CASE WHEN %(state)s = 'queued' THEN NULL ELSE claim END,
        attempt = attempt + CASE WHEN state = 'claimed' THEN 1 ELSE 0 END,
        sent_at = CASE WHEN %(state)s = 'sent' THEN clock_timestamp() ELSE sent_at END,
        next_at = CASE WHEN %(state)s = 'queued' THEN least(clock_timestamp() + %(delay)s, expires_at) ELSE next_at END
    WHERE id = %(id)s AND claim = %(claim)s AND state IN ('claimed', 'sending', 'unknown')
"""


def record(message_id: int, claim: str, reply: Reply, attempt: int) -> bool:
    """True when the message was still ours; consequences follow in the same transaction."""
    values: dict[str, Any] = {"id": message_id, "claim": claim, "state": reply.state, "text": reply.text, "delay": backoff(attempt)}
    if not (reply.bad_address or reply.pause_run):
        with connection.cursor() as cursor:
            cursor.execute(RECORD, values)
            return bool(cursor.rowcount)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(RECORD, values)
            ours = bool(cursor.rowcount)
        if ours:
            message = Message.objects.get(pk=message_id)
            if reply.bad_address:
                receive.bounced(message, reply.text)
            if reply.pause_run:
                pause_run(message.run_id, _("The mail server refuses our mail: %(reply)s") % {"reply": reply.text})
    return ours


def backoff(attempt: int) -> timedelta:
    """Longer each time, and never for everybody at the same moment."""
    minutes = min(FIRST_MINUTES * GROWTH ** min(attempt, 50), MOST_HOURS * 60)
    return timedelta(minutes=minutes * random.uniform(0.8, 1.2))


def pause_run(run_id: int, text: str) -> None:
    """Nobody pressed pause; the text says why it is needed."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("version").get(pk=run_id)
        if run.status != RunStatus.RUNNING:
            return
        run.status, run.error = RunStatus.PAUSED, text
        run.save(update_fields=["status", "error"])
        LogLine.objects.create(run=run, level="error", text=text)
        if run.kind == RunKind.LIVE:
            publish.set_status(run.version, VersionStatus.PAUSED)
