"""The time line: hourly counters gathered into steps that fit a chart, in the reader's own time zone."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy

from reporting.figures import Series, Timeline
from reporting.models import Rollup

COUNTERS = {
    "state.sent": pgettext_lazy("figure", "Sent"),
    "event.opened_unique": pgettext_lazy("figure", "Opened"),
    "event.clicked_unique": pgettext_lazy("figure", "Clicked"),
    "event.unsubscribed_unique": pgettext_lazy("figure", "Unsubscribed"),
}
STEPS_AT_MOST = 120
MINUTES_UP_TO = timedelta(hours=2), 20_000  # a run this short, with no more than so many messages and events, is shown by the minute

BY_MINUTE = """
SELECT 'state.sent' AS counter, date_trunc('minute', sent_at, 'UTC') AS moment, count(*) FROM orchestration_message
WHERE run_id = %(run)s AND state = 'sent' AND sent_at IS NOT NULL GROUP BY 1, 2
UNION ALL
SELECT 'event.' || kind || '_unique', date_trunc('minute', at, 'UTC'), count(*) FROM (
  SELECT DISTINCT ON (e.message_id, e.kind) e.kind, e.at
  FROM orchestration_event e JOIN orchestration_message m ON m.id = e.message_id
  WHERE m.run_id = %(run)s AND e.id <= %(upto)s AND (e.kind = 'unsubscribed' OR e.kind IN ('opened', 'clicked') AND NOT e.machine)
  ORDER BY e.message_id, e.kind, e.id
) first GROUP BY 1, 2
"""

REACTIONS = tuple(COUNTERS)[1:]
Counted = dict[str, dict[datetime, int]]


def timeline(run: int, upto: int) -> Timeline:
    """What happened in the run, in at most so many steps; a few absurd dates cannot make it longer."""
    counted = by_hour(run)
    moments = [moment for values in counted.values() for moment in values]
    if not moments:
        return Timeline()
    fine = by_minute(run, upto) if short(counted, moments) else {}
    if fine:
        counted, moments = fine, [moment for values in fine.values() for moment in values]
    grain = fitting(min(moments), max(moments), bool(fine))
    steps = list(walk(min(moments), max(moments), grain))
    place = {step: n for n, step in enumerate(steps)}
    series = []
    for counter, label in COUNTERS.items():
        values = [0] * len(steps)
        for moment, count in counted.get(counter, {}).items():
            values[place[floor(moment, grain)]] += count
        series.append(Series(counter, str(label), values))
    return Timeline(grain, GRAINS[grain][2](), steps, [GRAINS[grain][3](step) for step in steps], series)


def by_hour(run: int) -> Counted:
    counted: Counted = defaultdict(lambda: defaultdict(int))
    for counter, hour, value in Rollup.objects.filter(run=run, counter__in=COUNTERS).values_list("counter", "hour", "value"):
        counted[counter][hour] += value
    return counted


def by_minute(run: int, upto: int) -> Counted:
    counted: Counted = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(BY_MINUTE, {"run": run, "upto": upto})
        for counter, moment, value in cursor.fetchall():
            counted[counter][moment] = value
    return counted


def short(counted: Counted, moments: list[datetime]) -> bool:
    few = sum(value for values in counted.values() for value in values.values()) <= MINUTES_UP_TO[1]
    return few and max(moments) - min(moments) <= MINUTES_UP_TO[0]


def written_moment(moment: datetime) -> str:
    """A moment as the reports write it: no doubt about day and month, local time."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


# --- steps ----------------------------------------------------------------------------------------------------------


def next_month(moment: datetime) -> datetime:
    return (moment.replace(day=1) + timedelta(days=32)).replace(day=1)


def local(moment: datetime, **zero: int) -> datetime:
    """The start of the local hour, day, … that the moment is in: 23:30 in Paris is on Paris's day."""
    return timezone.localtime(moment).replace(second=0, microsecond=0, tzinfo=None, **zero)


# grain: (start of the step, next step, name, how a step is written)
GRAINS: dict[str, tuple[Callable[..., datetime], Callable[[datetime], datetime], Callable[[], str], Callable[[datetime], str]]] = {
    "minute": (lambda m: local(m), lambda s: s + timedelta(minutes=1), lambda: gettext("by minute"), lambda s: date_format(s, "TIME_FORMAT")),
    "hour": (lambda m: local(m, minute=0), lambda s: s + timedelta(hours=1), lambda: gettext("by hour"), lambda s: f"{date_format(s, 'MONTH_DAY_FORMAT')} {date_format(s, 'TIME_FORMAT')}"),
    "day": (lambda m: local(m, minute=0, hour=0), lambda s: s + timedelta(days=1), lambda: gettext("by day"), lambda s: date_format(s, "MONTH_DAY_FORMAT")),
    "month": (lambda m: local(m, minute=0, hour=0, day=1), next_month, lambda: gettext("by month"), lambda s: date_format(s, "YEAR_MONTH_FORMAT")),
    "year": (
        lambda m: local(m, minute=0, hour=0, day=1, month=1), lambda s: s.replace(year=s.year + 1), lambda: gettext("by year"), lambda s: str(s.year)
    ),
}  # fmt: skip
LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=30)}


def fitting(first: datetime, last: datetime, fine: bool) -> str:
    """The finest grain that fits; minutes only where they are known."""
    for grain, length in LENGTHS.items():
        if (grain != "minute" or fine) and (last - first) / length < STEPS_AT_MOST:
            return grain
    return "year"


def floor(moment: datetime, grain: str) -> datetime:
    return GRAINS[grain][0](moment)


def walk(first: datetime, last: datetime, grain: str) -> Iterable[datetime]:
    """Local times from step to step; an hour that the clocks skip or repeat is in its place all the same."""
    step, end, after = floor(first, grain), floor(last, grain), GRAINS[grain][1]
    while step <= end:
        yield step
        step = after(step)
