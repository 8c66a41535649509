"""Roll up: after it, the counters say what the ledger and the events say, up to the watermark.

Events are folded in the order of their ids, each exactly once; an event is the unique one of its message and kind when no
event with a lower id is. So folding now or later, in small or large steps, or all anew, gives the same counters.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.utils import timezone

from orchestration.choices import MESSAGE_OPEN, RunKind, RunStatus
from orchestration.models import Event, Run
from reporting.models import LinkRollup, Rollup, Watermark

EVENTS = "events"
EVENTS_AT_ONCE = getattr(settings, "ROLL_UP_EVENTS", 100_000)  # folded in one transaction
WRITERS_SECONDS = 2.0  # how long to wait for those who are writing events right now
STILL_MOVING = timedelta(seconds=30)  # a finished run is counted once more after this
IDLE_RECOUNT = timedelta(minutes=1)  # paused, failed and scheduled runs
SWEEP = timedelta(hours=1), timedelta(days=30)  # finished runs: one per pass, hourly, for a month

# The transactions that are inserting events. Whoever has taken a number from the sequence holds this lock until its commit.
WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'orchestration_event'::regclass AND mode = 'RowExclusiveLock'
  AND granted AND pid IS DISTINCT FROM pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

LAST_ID = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('orchestration_event', 'id')::regclass), 0)"

# Human and machine apart only for what machines do by themselves; a bounce or an unsubscription counts whoever reported it.
FOLD_EVENTS = """
WITH fresh AS MATERIALIZED (
  SELECT message_id, kind, at, by_machine, row_number() OVER (PARTITION BY message_id, kind, by_machine ORDER BY id) = 1 AS first_here
  FROM (SELECT *, machine AND kind IN ('opened', 'clicked') AS by_machine FROM orchestration_event WHERE id > %(after)s AND id <= %(upto)s) e
), judged AS MATERIALIZED (
  SELECT f.*, first_here AND NOT EXISTS (
    SELECT FROM orchestration_event p
    WHERE p.message_id = f.message_id AND p.kind = f.kind AND p.id <= %(after)s AND (p.machine AND p.kind IN ('opened', 'clicked')) = f.by_machine
  ) AS is_first
  FROM fresh f
), counted AS (
  SELECT m.run_id, m.activity_uid, m.channel, date_trunc('hour', j.at, 'UTC') AS hour,
    'event.' || j.kind || CASE WHEN j.by_machine THEN '_machine' ELSE '' END AS counter,
    count(*) AS events, count(*) FILTER (WHERE j.is_first) AS messages
  FROM judged j JOIN orchestration_message m ON m.id = j.message_id
  GROUP BY 1, 2, 3, 4, 5
)
INSERT INTO reporting_rollup AS old (campaign_id, run_id, activity_uid, channel, hour, counter, value)
SELECT v.campaign_id, c.run_id, c.activity_uid, c.channel, c.hour, c.counter || n.suffix, n.value
FROM counted c JOIN orchestration_run r ON r.id = c.run_id JOIN campaigns_version v ON v.id = r.version_id
CROSS JOIN LATERAL (VALUES ('', c.events), ('_unique', c.messages)) AS n (suffix, value)
WHERE n.value > 0
ON CONFLICT (run_id, activity_uid, channel, counter, hour) DO UPDATE SET value = old.value + excluded.value
RETURNING run_id
"""

FOLD_LINKS = """
WITH clicks AS MATERIALIZED (
  SELECT id, message_id, link, left(regexp_replace(url, '[?#].*$', ''), 500) AS url
  FROM orchestration_event WHERE id > %(after)s AND id <= %(upto)s AND kind = 'clicked' AND NOT machine
), fresh AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY message_id, link, url ORDER BY id) = 1 AS first_here FROM clicks
), counted AS (
  SELECT m.run_id, m.activity_uid, f.link, f.url, count(*) AS clicks, count(*) FILTER (WHERE f.first_here AND NOT EXISTS (
    SELECT FROM orchestration_event p
    WHERE p.message_id = f.message_id AND p.kind = 'clicked' AND NOT p.machine AND p.id <= %(after)s
      AND p.link = f.link AND left(regexp_replace(p.url, '[?#].*$', ''), 500) = f.url
  )) AS unique_clicks
  FROM fresh f JOIN orchestration_message m ON m.id = f.message_id
  GROUP BY 1, 2, 3, 4
)
INSERT INTO reporting_linkrollup AS old (run_id, activity_uid, link, url, clicks, unique_clicks)
SELECT run_id, activity_uid, link, url, clicks, unique_clicks FROM counted
ON CONFLICT (run_id, activity_uid, link, url) DO UPDATE
SET clicks = old.clicks + excluded.clicks, unique_clicks = old.unique_clicks + excluded.unique_clicks
"""

FORGET_LEDGER = "DELETE FROM reporting_rollup WHERE run_id = %(run)s AND counter NOT LIKE 'event.%%'"

# A bounce may be told of a message that is not recorded as sent (unknown, failed); it is kept apart, so that delivered = sent − bounced.
COUNT_LEDGER = """
WITH states AS (
  SELECT activity_uid, channel, planned, state, reason,
    date_trunc('hour', CASE WHEN state = 'sent' THEN coalesce(sent_at, created_at) ELSE created_at END, 'UTC') AS hour,
    count(*) AS messages, min(sent_at) AS first_sent, max(sent_at) AS last_sent
  FROM orchestration_message WHERE run_id = %(run)s
  GROUP BY 1, 2, 3, 4, 5, 6
), odd_bounces AS (
  SELECT activity_uid, channel, date_trunc('hour', created_at, 'UTC') AS hour, count(*) AS messages
  FROM orchestration_message m
  WHERE run_id = %(run)s AND planned AND state IN ('unknown', 'failed')
    AND EXISTS (SELECT FROM orchestration_event e WHERE e.message_id = m.id AND e.kind = 'bounced' AND e.id <= %(upto)s)
  GROUP BY 1, 2, 3
), counters AS (
  SELECT activity_uid, channel, hour,
    CASE WHEN NOT planned THEN 'excluded.' || reason
         WHEN state = 'suppressed' THEN 'suppressed.' || reason
         WHEN state = ANY (%(open)s) THEN 'state.open'
         ELSE 'state.' || state END AS counter, messages AS value
  FROM states
  UNION ALL SELECT activity_uid, channel, hour, 'bounced_not_sent', messages FROM odd_bounces
  UNION ALL SELECT activity_uid, channel, date_trunc('hour', min(first_sent), 'UTC'), 'sent.first', floor(extract(epoch FROM min(first_sent)))::bigint
    FROM states WHERE state = 'sent' GROUP BY 1, 2 HAVING min(first_sent) IS NOT NULL
  UNION ALL SELECT activity_uid, channel, date_trunc('hour', max(last_sent), 'UTC'), 'sent.last', ceil(extract(epoch FROM max(last_sent)))::bigint
    FROM states WHERE state = 'sent' GROUP BY 1, 2 HAVING max(last_sent) IS NOT NULL
)
INSERT INTO reporting_rollup (campaign_id, run_id, activity_uid, channel, hour, counter, value)
SELECT v.campaign_id, r.id, c.activity_uid, c.channel, c.hour, c.counter, sum(c.value)
FROM counters c JOIN orchestration_run r ON r.id = %(run)s JOIN campaigns_version v ON v.id = r.version_id
GROUP BY 1, 2, 3, 4, 5, 6
"""


@dataclass(frozen=True)
class Folded:
    """What one pass did."""

    events: int = 0
    runs: int = 0
    waiting: bool = False  # somebody was writing events for so long that they are left to the next pass


def roll_up(runs: Iterable[int] = (), at_once: int | None = None) -> Folded:
    """The counters are up to date; `runs` names runs to count whether or not they seem to have changed."""
    upto = horizon()
    events, touched = 0, set(runs)
    while upto is not None:
        reached, folded, seen = fold_some(upto, at_once or EVENTS_AT_ONCE)
        events, touched = events + folded, touched | seen
        if reached >= upto:
            break
    chosen = touched | runs_to_count()
    for run in sorted(chosen):
        count_ledger(run)
    return Folded(events=events, runs=len(chosen), waiting=upto is None)


def rebuild() -> Folded:
    """All counters are made anew, in one transaction: who looks meanwhile sees the old ones."""
    upto = horizon()
    if upto is None:
        return Folded(waiting=True)
    with transaction.atomic():
        mark = locked_watermark()
        Rollup.objects.all().delete()
        LinkRollup.objects.all().delete()
        mark.event_id = 0
        events, _ = fold(mark, upto)
        runs = list(Run.objects.values_list("pk", flat=True))
        for run in runs:
            count_ledger(run)
    return Folded(events=events, runs=len(runs))


# --- events ---------------------------------------------------------------------------------------------------------


def horizon(seconds: float = WRITERS_SECONDS) -> int | None:
    """The highest event id below which nothing can appear any more, or None while somebody takes too long to commit.

    Ids are given before the commit, so a lower one may become visible later. As CREATE INDEX CONCURRENTLY does, this waits
    for those who hold a writer's lock at this moment, and for nobody who comes later; it blocks no one.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_ID)
        last = int(cursor.fetchone()[0])
        writing, deadline = writers(cursor), time.monotonic() + seconds
        while writing:
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)
            writing &= writers(cursor)
    return last


def writers(cursor: CursorWrapper) -> set[str]:
    cursor.execute(WRITERS)
    return {row[0] for row in cursor.fetchall()}


def fold_some(upto: int, at_once: int) -> tuple[int, int, set[int]]:
    """One transaction's worth of events is folded: (the watermark, how many events, the runs concerned)."""
    with transaction.atomic():
        mark = locked_watermark()
        events, runs = fold(mark, min(max(upto, mark.event_id), mark.event_id + at_once))
        return mark.event_id, events, runs


def locked_watermark() -> Watermark:
    """The watermark, ours until the transaction ends: of two who fold at once, the second waits and finds the work done."""
    Watermark.objects.get_or_create(name=EVENTS)
    return Watermark.objects.select_for_update().get(name=EVENTS)


def fold(mark: Watermark, upto: int) -> tuple[int, set[int]]:
    """The events up to this one are in the counters: (how many they were, the runs concerned)."""
    bounds, runs = {"after": mark.event_id, "upto": upto}, set()
    events = Event.objects.filter(pk__gt=mark.event_id, pk__lte=upto).count()
    if events:
        with connection.cursor() as cursor:
            cursor.execute(FOLD_EVENTS, bounds)
            runs = {row[0] for row in cursor.fetchall()}
            cursor.execute(FOLD_LINKS, bounds)
    mark.event_id, mark.at = upto, timezone.now()
    mark.save()
    return events, runs


# --- the ledger -----------------------------------------------------------------------------------------------------


def count_ledger(run: int) -> None:
    """The run's messages are counted by state, replacing what was counted before."""
    name = f"run:{run}"
    with transaction.atomic():
        Watermark.objects.get_or_create(name=name)
        mark = Watermark.objects.select_for_update().get(name=name)
        now = timezone.now()
        folded = Watermark.objects.filter(name=EVENTS).values_list("event_id", flat=True).first() or 0
        with connection.cursor() as cursor:
            cursor.execute(FORGET_LEDGER, {"run": run})
            cursor.execute(COUNT_LEDGER, {"run": run, "upto": folded, "open": [str(state) for state in MESSAGE_OPEN]})
        mark.at = now
        mark.save()


def runs_to_count() -> set[int]:
    """Runs whose ledger may have changed since it was counted, found without looking at it."""
    now = timezone.now()
    counted = {int(name[4:]): at for name, at in Watermark.objects.filter(name__startswith="run:").values_list("name", "at") if at}
    due: set[int] = set()
    finished: list[tuple[datetime, int]] = []
    recent = Run.objects.filter(Q(finished_at__isnull=True) | Q(finished_at__gt=now - SWEEP[1]), kind=RunKind.LIVE)
    for pk, status, finished_at in recent.values_list("pk", "status", "finished_at"):
        last = counted.get(pk)
        if last is None or status == RunStatus.RUNNING:
            due.add(pk)
        elif finished_at is None:
            due |= {pk} if last < now - IDLE_RECOUNT else set()
        elif last < finished_at + STILL_MOVING:
            due.add(pk)
        elif last < now - SWEEP[0]:
            finished.append((last, pk))
    return due | {pk for _, pk in sorted(finished)[:1]}
