"""Ledger: the statements that move messages between states. Each is one transaction; the claim's token is the ownership."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg import sql

from orchestration.models import Task

CLAIM = """
    UPDATE orchestration_message SET state = 'claimed', claim = %(claim)s, claimed_by = %(owner)s,
        lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    WHERE id IN (
        SELECT m.id FROM orchestration_message m JOIN orchestration_run r ON r.id = m.run_id AND r.status = 'running'
        WHERE m.task_id = %(task)s AND m.state = 'queued' AND m.next_at <= clock_timestamp()
        ORDER BY m.next_at, m.id LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED)
    RETURNING id, address, recipient_key, context, token, message_id, created_at, attempt, expires_at <= clock_timestamp()
"""
# The point of no return. Pause, stop, suppression, withdrawn consent and expiry all take effect in this one statement.
PASS = """
    UPDATE orchestration_message m SET state = 'sending', attempt = attempt + 1, claims = 0, send_started_at = clock_timestamp(),
        lease_until = clock_timestamp() + make_interval(secs => %(ledger_lease)s)
    WHERE id = %(ledger_id)s AND claim = %(ledger_claim)s AND state = 'claimed'
        AND NOT EXISTS (SELECT 1 FROM orchestration_suppression s WHERE s.channel = m.channel AND s.address_hash = m.address_hash
                        AND (%(ledger_marketing)s OR s.kind <> 'opted_out'))
        AND (SELECT status FROM orchestration_run WHERE id = m.run_id) = 'running'
        AND clock_timestamp() < expires_at AND {consent}
"""
# Why a message may not pass; in the order in which people would name the reasons.
REFUSE = """
    UPDATE orchestration_message m SET claim = NULL, lease_until = NULL,
        state = CASE WHEN r.status = 'stopped' THEN 'cancelled' WHEN s.kind IS NOT NULL THEN 'suppressed'
            WHEN clock_timestamp() >= m.expires_at THEN 'expired' WHEN r.status <> 'running' THEN 'queued'
            WHEN %(no_consent)s THEN 'suppressed' ELSE 'queued' END,
        reason = CASE WHEN r.status = 'stopped' THEN '' WHEN s.kind IS NOT NULL THEN s.kind
            WHEN clock_timestamp() < m.expires_at AND r.status = 'running' AND %(no_consent)s THEN 'no_consent' ELSE '' END
    FROM orchestration_message o JOIN orchestration_run r ON r.id = o.run_id
        LEFT JOIN orchestration_suppression s ON s.channel = o.channel AND s.address_hash = o.address_hash
            AND (%(marketing)s OR s.kind <> 'opted_out')
    WHERE m.id = %(id)s AND o.id = m.id AND m.claim = %(claim)s AND m.state = 'claimed'
"""
SET_ASIDE = """
    UPDATE orchestration_message SET state = %(state)s, reason = %(reason)s, reply = left(%(text)s, 500), claim = NULL, lease_until = NULL
    WHERE id = %(id)s AND claim = %(claim)s AND state = 'claimed'
"""
RELEASE = """
    UPDATE orchestration_message m SET claim = NULL, lease_until = NULL,
        state = CASE WHEN r.status = 'stopped' THEN 'cancelled' ELSE 'queued' END
    FROM orchestration_run r WHERE r.id = m.run_id AND m.id = ANY(%(ids)s) AND m.claim = %(claim)s AND m.state = 'claimed'
"""


EXPIRE = """
    UPDATE orchestration_message SET state = 'expired', claim = NULL, lease_until = NULL
    WHERE id = ANY(%(ids)s) AND claim = %(claim)s AND state = 'claimed'
"""


@dataclass(frozen=True)
class Claimed:
    """A message in our hands, for as long as nobody else has it."""

    id: int
    address: str
    recipient_key: str
    context: dict[str, Any]
    token: str
    message_id: str
    created_at: datetime
    attempt: int
    claim: str

    def keys(self) -> dict[str, Any]:
        """The recipient's key as values k_1, k_2, … of a statement."""
        return {f"k_{n}": value for n, value in enumerate(json.loads(self.recipient_key), start=1)}


def execute(statement: Any, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def claimed(row: tuple[Any, ...], token: str) -> Claimed:
    key, address, recipient, context, link_token, message_id, created_at, attempt, _expired = row
    return Claimed(key, address, recipient, json.loads(context), link_token, message_id, created_at, attempt, token)


def claim(task: Task, owner: str) -> list[Claimed]:
    """Up to a batch of messages that are due, for this worker alone. What is too old by now ends here."""
    token = str(uuid.uuid4())
    values = {"claim": token, "owner": owner, "task": task.pk, "most": settings.SEND_BATCH, "lease": settings.SEND_LEASE_SECONDS}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, values)
            found = cursor.fetchall()
        rows = [claimed(row, token) for row in found if not row[-1]]
        expired = [row[0] for row in found if row[-1]]
        if expired:
            execute(EXPIRE, {"ids": expired, "claim": token})
        if rows or not found:
            return sorted(rows, key=lambda row: row.id)


def pass_point(row: Claimed, marketing: bool, consent: tuple[str, dict[str, Any]] | None) -> bool:
    """True: it is written down that the message may be on its way. False: it must not leave."""
    asked = sql.SQL("COALESCE(({}), false)").format(sql.SQL(consent[0])) if consent else sql.SQL("true")  # type: ignore[arg-type]
    values = {
        "ledger_id": row.id,
        "ledger_claim": row.claim,
        "ledger_lease": settings.SEND_LEASE_SECONDS,
        "ledger_marketing": marketing,
        **(consent[1] if consent else {}),
    }
    return bool(execute(sql.SQL(PASS).format(consent=asked), values))


def refuse(row: Claimed, marketing: bool, no_consent: bool) -> None:
    """Write down why it did not pass; a message that only has to wait goes back to the queue."""
    execute(REFUSE, {"id": row.id, "claim": row.claim, "marketing": marketing, "no_consent": no_consent})


def set_aside(row: Claimed, state: str, reason: str, text: str) -> None:
    execute(SET_ASIDE, {"id": row.id, "claim": row.claim, "state": state, "reason": reason, "text": text})


def release(rows: list[Claimed]) -> None:
    """Back to the queue, untouched."""
    if rows:
        execute(RELEASE, {"ids": [row.id for row in rows], "claim": rows[0].claim})


def agrees(text: str, values: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        row = cursor.fetchone()
    return bool(row and row[0])


def durable() -> None:
    """The point of no return must survive a crash of the server, whatever its default is."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
