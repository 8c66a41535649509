"""Prepare: fill the ledger, one row for each message wanted, in one statement; nothing is sent here."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from campaigns.choices import Channel
from orchestration import keys
from orchestration.choices import Reason, RunKind, SuppressionKind
from orchestration.exceptions import RunError
from orchestration.models import Task
from orchestration.plan import PLANNED
from schemas.catalog import WORK

MARKETING = "marketing"
KEY_LENGTH = 300  # of Message.recipient_key
# Deliberately simple: it finds what can never be an address; each address is checked in full before it is used.
ADDRESS = r"^[^@[:space:][:cntrl:]<>()\[\]\\,;:\"]+@([[:alnum:]_-]+\.)+[[:alnum:]-]{2,}$"

# The keys reach the server by COPY, which no log and no activity view shows, unlike values and statements.
PADS = "CREATE TEMPORARY TABLE IF NOT EXISTS tutti_pads (purpose text, inner_pad bytea, outer_pad bytea) ON COMMIT DROP"
HMAC = "sha256(pads.outer_pad || sha256(pads.inner_pad || convert_to({text}, 'UTF8')))"
NORMAL = "lower(normalize(btrim(address, E' \\t\\r\\n'), NFKC) COLLATE \"C\")"  # as suppress.normalise

JUDGED = sql.SQL(
    """
    WITH wanted AS (
        SELECT {distinct} recipient_key::text AS recipient_key, entity_key::text AS entity_key,
               left(btrim(address, E' \\t\\r\\n'), 320) AS address, consent, {context} AS context
        FROM {table} {order}
    ), hashed AS (
        SELECT wanted.*, CASE WHEN coalesce(address, '') = '' THEN '' ELSE encode({address_hmac}, 'hex') END AS address_hash
        FROM wanted, tutti_pads pads WHERE pads.purpose = 'address'
    ), judged AS (
        SELECT hashed.*, CASE
            WHEN recipient_key = '[]' THEN 'no_recipient'
            WHEN coalesce(address, '') = '' THEN 'no_address'
            WHEN %(channel)s = 'email' AND (octet_length(address) > 254 OR octet_length(split_part(address, '@', 1)) > 64
                 OR address !~ %(pattern)s) THEN 'invalid_address'
            WHEN %(needs_consent)s AND consent IS NOT TRUE THEN 'no_consent'
            ELSE coalesce(s.kind, '') END AS reason
        FROM hashed LEFT JOIN orchestration_suppression s ON s.channel = %(channel)s AND s.address_hash = hashed.address_hash
             AND (%(marketing)s OR s.kind <> %(opted_out)s)
    ), chosen AS (
        SELECT recipient_key, entity_key, address, address_hash, context,
               CASE WHEN reason = '' AND %(one_per_address)s AND row_number() OVER (
                   PARTITION BY address_hash, reason ORDER BY recipient_key, entity_key) > 1 THEN 'duplicate_address' ELSE reason END AS reason
        FROM judged
    )
    """
)
FILL = sql.SQL(
    """
    , signed AS (
        SELECT chosen.*, encode({token_hmac}, 'hex') AS digest FROM chosen, tutti_pads pads WHERE pads.purpose = 'token'
    )
    INSERT INTO orchestration_message (run_id, task_id, activity_uid, channel, recipient_key, entity_key, address, address_hash, context,
        planned, state, reason, token, message_id, claimed_by, claims, attempt, reply, next_at, expires_at, created_at)
    SELECT %(run)s, %(task)s, %(uid)s, %(channel)s, recipient_key, entity_key, coalesce(address, ''), address_hash,
        CASE WHEN reason = '' THEN context ELSE '{{}}'::jsonb END, reason = '',
        CASE WHEN reason = '' THEN 'queued' ELSE 'suppressed' END, reason,
        left(digest, 32), '<' || right(digest, 32) || '@' || %(domain)s || '>', '', 0, 0, '',
        statement_timestamp(), statement_timestamp() + make_interval(hours => %(hours)s), statement_timestamp()
    FROM signed
    ON CONFLICT DO NOTHING
    """
)
WHO = "concat_ws('|', %(run)s::text, %(uid)s, recipient_key, entity_key)"
LEDGER = "SELECT CASE WHEN planned THEN '' ELSE reason END, count(*) FROM orchestration_message WHERE task_id = %(task)s GROUP BY 1"
# Who is written to, for the steps after this one in the same transaction; the audience role may read it.
FORGET = sql.SQL("DROP TABLE IF EXISTS pg_temp.{planned}")
IN_A_TEST = sql.SQL("CREATE TEMPORARY TABLE {planned} ON COMMIT DROP AS ")
VERDICTS = sql.SQL("SELECT recipient_key, entity_key, reason FROM chosen")
COUNT = sql.SQL("SELECT reason, count(*) FROM {planned} GROUP BY reason")
ONLY_PLANNED = sql.SQL("DELETE FROM {planned} WHERE reason <> ''")
IN_EARNEST = sql.SQL(
    "CREATE TEMPORARY TABLE {planned} ON COMMIT DROP AS "
    "SELECT recipient_key, entity_key FROM orchestration_message WHERE task_id = %(task)s AND planned"
)
ALLOW = sql.SQL("GRANT SELECT ON {planned} TO {role}")
SHAPE = sql.SQL(
    """
    SELECT coalesce(sum(n), 0), count(*), coalesce(max(greatest(length(recipient_key::text), length(entity_key::text))), 0)
    FROM (SELECT recipient_key, entity_key, count(*) AS n FROM {table} GROUP BY 1, 2) AS grouped
    """
)


def prepare(task: Task, step: Mapping[str, Any], prepared_table: str) -> dict[str, Any]:
    """Ledger rows from the prepared work table, or in a test run only their number; rows wanted = planned + excluded."""
    table = sql.Identifier(WORK, prepared_table)
    with transaction.atomic(), connection.cursor() as cursor:
        wanted, distinct, longest = shape(cursor, table)
        if longest > KEY_LENGTH:
            raise RunError(_("A record's key is longer than %(most)d characters. Use a shorter key in the schema.") % {"most": KEY_LENGTH})
        bring_keys(cursor)
        judged = JUDGED.format(
            table=table,
            distinct=sql.SQL("DISTINCT ON (recipient_key, entity_key)" if distinct < wanted else ""),
            order=sql.SQL("ORDER BY recipient_key, entity_key, address, consent, context::text" if distinct < wanted else ""),
            context=sql.SQL("NULL::jsonb" if task.run.kind == RunKind.TEST else "context"),
            address_hmac=sql.SQL(HMAC.format(text=NORMAL)),
        )
        values = parameters(task, step)
        names = {"planned": sql.Identifier(PLANNED), "role": sql.Identifier(settings.AUDIENCE_ROLE)}
        cursor.execute(FORGET.format(**names))
        if task.run.kind == RunKind.TEST:
            cursor.execute(IN_A_TEST.format(**names) + judged + VERDICTS, values)
            cursor.execute(COUNT.format(**names))
            counts = dict(cursor.fetchall())
            cursor.execute(ONLY_PLANNED.format(**names))
        else:
            cursor.execute(judged + FILL.format(token_hmac=sql.SQL(HMAC.format(text=WHO))), values)
            cursor.execute(LEDGER, values)
            counts = dict(cursor.fetchall())
            cursor.execute(IN_EARNEST.format(**names), values)
        cursor.execute(ALLOW.format(**names))
        return equation(wanted, counts)


def shape(cursor: Any, table: sql.Identifier) -> tuple[int, int, int]:
    """Rows, distinct keys, and the longest key, so that the usual case needs no sorting."""
    cursor.execute(SHAPE.format(table=table))
    wanted, distinct, longest = cursor.fetchone()
    return int(wanted), distinct, longest


def bring_keys(cursor: Any) -> None:
    cursor.execute(PADS)
    cursor.execute("TRUNCATE tutti_pads")
    with cursor.copy("COPY tutti_pads (purpose, inner_pad, outer_pad) FROM STDIN") as copy:
        for purpose, key in (("address", keys.address_key()), ("token", keys.derived("token"))):
            copy.write_row((purpose, *keys.pads(key)))


def parameters(task: Task, step: Mapping[str, Any]) -> dict[str, Any]:
    marketing = step["settings"].get("category", MARKETING) == MARKETING
    return {
        "run": task.run_id,
        "task": task.pk,
        "uid": task.activity_uid,
        "channel": step.get("channel", Channel.EMAIL),
        "pattern": ADDRESS,
        "marketing": marketing,
        # Without a consent field in the schema nobody was ever asked; with one, an unknown answer is no.
        "needs_consent": marketing and bool(step.get("consent_now")),
        "opted_out": SuppressionKind.OPT_OUT,
        "one_per_address": bool(step["settings"].get("one_per_address")),
        "domain": settings.SENDING_DOMAIN,
        "hours": settings.MESSAGE_MAX_AGE_HOURS,
    }


def equation(wanted: int, counts: dict[str, int]) -> dict[str, Any]:
    """Reason '' is planned; what the ledger holds once although it was wanted twice is counted, not lost."""
    planned = counts.pop("", 0)
    left = wanted - planned - sum(counts.values())
    if left:
        counts[Reason.SAME_RECIPIENT] = counts.get(Reason.SAME_RECIPIENT, 0) + left
    return {"planned": planned, "excluded": dict(sorted(counts.items()))}
