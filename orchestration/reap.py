"""Reap: find what dead workers held. What provably never left goes out again; what may have left becomes unknown."""

import logging
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from orchestration import journal, ledger
from orchestration.choices import MessageState
from orchestration.journal import ANSWER, DOT, WORKING, Verdicts
from orchestration.record import record

log = logging.getLogger(__name__)
BATCH = 2000
MOST_CLAIMS = 3  # then the message itself is what kills its workers

LAPSED = """
    SELECT id, claim::text, claimed_by, state, attempt,
        lease_until < clock_timestamp() - make_interval(secs => %(grace)s) AS overdue
    FROM orchestration_message
    WHERE state IN ('claimed', 'sending') AND lease_until < clock_timestamp()
    ORDER BY claimed_by, id LIMIT %(most)s
"""
FREE = """
    UPDATE orchestration_message m SET claim = NULL, lease_until = NULL, claims = claims + %(blame)s,
        state = CASE WHEN r.status = 'stopped' THEN 'cancelled' WHEN claims + %(blame)s >= %(most)s THEN 'failed' ELSE 'queued' END,
        reason = CASE WHEN r.status <> 'stopped' AND claims + %(blame)s >= %(most)s THEN 'rendering' ELSE '' END,
        reply = CASE WHEN claims + %(blame)s >= %(most)s THEN 'Its worker died each time it was rendered.' ELSE reply END
    FROM orchestration_run r WHERE r.id = m.run_id
        AND m.id = %(id)s AND m.claim = %(claim)s AND m.state = %(state)s AND m.lease_until < clock_timestamp()
"""
# A click or an open that came in meanwhile proves that it arrived.
DOUBT = """
    UPDATE orchestration_message m SET lease_until = NULL, reply = %(text)s,
        state = CASE WHEN EXISTS (SELECT 1 FROM orchestration_event e WHERE e.message_id = m.id) THEN 'sent' ELSE 'unknown' END,
        sent_at = CASE WHEN EXISTS (SELECT 1 FROM orchestration_event e WHERE e.message_id = m.id) THEN send_started_at END
    WHERE id = %(id)s AND claim = %(claim)s AND state = 'sending' AND lease_until < clock_timestamp()
"""
HELD = "SELECT EXISTS (SELECT 1 FROM orchestration_message WHERE state IN ('claimed', 'sending') AND claimed_by = %(owner)s)"


class Held(NamedTuple):
    id: int
    claim: str
    owner: str
    state: str
    attempt: int
    overdue: bool


def reap() -> int:
    """One pass, by any number of processes at once; returns how many messages changed."""
    changed = 0
    for owner, rows in groupby(lapsed(), key=lambda row: row.owner):
        with journal.examine(owner) as verdicts:
            changed += sum(judge(row, verdicts) for row in rows)
    clear_journals()
    return changed


def lapsed() -> list[Held]:
    """Messages whose worker has been silent for longer than its lease."""
    with connection.cursor() as cursor:
        cursor.execute(LAPSED, {"grace": settings.SMTP_REPLY_SECONDS, "most": BATCH})
        return [Held(*row) for row in cursor.fetchall()]


def judge(row: Held, verdicts: Verdicts | None) -> bool:
    """Verdicts exist only of a process that is dead for certain; one that lives, or whose host is lost, gets time."""
    key = (row.id, row.claim)
    if row.state == MessageState.CLAIMED:
        guilty = verdicts is not None and verdicts.last == key and verdicts.mark(*key) == WORKING
        return free(row, int(guilty))
    if verdicts is None:
        return row.overdue and doubt(row, "Its worker or the worker's host was lost while it was being sent.")
    mark = verdicts.mark(*key)
    if mark == ANSWER:
        return record(row.id, row.claim, verdicts.replies[key], row.attempt)
    if mark == DOT:
        return doubt(row, "Its worker died between the final dot and the answer.")
    return free(row, 0)  # the dot has not left


def free(row: Held, blame: int) -> bool:
    return bool(ledger.execute(FREE, {"id": row.id, "claim": row.claim, "state": row.state, "blame": blame, "most": MOST_CLAIMS}))


def doubt(row: Held, text: str) -> bool:
    log.warning("Message %s may or may not have been sent: %s", row.id, text)
    return bool(ledger.execute(DOUBT, {"id": row.id, "claim": row.claim, "text": text}))


def clear_journals() -> None:
    """The journals of dead processes go when the ledger holds nothing of theirs any more."""
    for owner in journal.owners():
        with journal.examine(owner) as verdicts:
            if verdicts is not None and not held(owner):
                journal.discard(owner)


def held(owner: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"owner": owner})
        return cursor.fetchone()[0]
