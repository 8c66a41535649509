"""The counters against direct counts: in any order, in any portions, with several at once and with late commits."""

import random
import threading
from collections import Counter
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.choices import EventKind, MessageState, RunStatus
from orchestration.models import Event, Message, Run
from reporting.models import LinkRollup, Rollup, Watermark
from reporting.roll_up import count_ledger, horizon, rebuild, roll_up, runs_to_count
from reporting.testing import a_campaign, a_run, a_task, events, messages

DIRECT_EVENTS = """
SELECT 'event.' || kind || CASE WHEN machine THEN '_machine' ELSE '' END || suffix, m.run_id, m.activity_uid, date_trunc('hour', at, 'UTC'), count(*)
FROM (
  SELECT message_id, kind, machine AND kind IN ('opened', 'clicked') AS machine, at, '' AS suffix FROM orchestration_event
  UNION ALL (SELECT DISTINCT ON (message_id, kind, machine AND kind IN ('opened', 'clicked')) message_id, kind, machine AND kind IN ('opened', 'clicked'), at, '_unique'
    FROM orchestration_event ORDER BY message_id, kind, machine AND kind IN ('opened', 'clicked'), id)
) e JOIN orchestration_message m ON m.id = e.message_id GROUP BY 1, 2, 3, 4
"""


def direct() -> dict[tuple[object, ...], int]:
    with connection.cursor() as cursor:
        cursor.execute(DIRECT_EVENTS)
        return {tuple(row[:4]): row[4] for row in cursor.fetchall()}


def folded() -> dict[tuple[object, ...], int]:
    rows = Rollup.objects.filter(counter__startswith="event.")
    return {(r.counter, r.run_id, r.activity_uid, r.hour): r.value for r in rows}


def total(counter: str) -> int:
    return sum(Rollup.objects.filter(counter=counter).values_list("value", flat=True))


@pytest.fixture
def sent(db) -> list[Message]:
    return messages(a_task(a_run(a_campaign())), 10)


def test_it_works(sent) -> None:
    events(sent[:4])
    events(sent[:2])  # opened twice
    events(sent[4:5], machine=True)
    events(sent[:1], kind=EventKind.CLICKED, url="https://shop.example/x?id=1", link="1")
    done = roll_up()
    assert (done.events, done.waiting) == (8, False)
    assert (total("event.opened"), total("event.opened_unique"), total("event.opened_machine_unique")) == (6, 4, 1)
    assert (total("state.sent"), total("event.clicked_unique")) == (10, 1)
    assert folded() == direct()


def test_it_does_nothing_the_second_time(sent) -> None:
    events(sent)
    roll_up()
    before = sorted(Rollup.objects.values_list("counter", "hour", "value"))
    assert roll_up().events == 0
    assert sorted(Rollup.objects.values_list("counter", "hour", "value")) == before


def test_it_counts_the_ledger_by_state_and_reason(db) -> None:
    task = a_task(a_run(a_campaign(), status=RunStatus.RUNNING))
    messages(task, 5)
    messages(task, 3, MessageState.QUEUED)
    messages(task, 1, MessageState.CLAIMED)
    messages(task, 2, MessageState.UNKNOWN)
    messages(task, 4, MessageState.SUPPRESSED, reason="no_address", planned=False)
    messages(task, 1, MessageState.SUPPRESSED, reason="opted_out")
    roll_up()
    states = {r.counter: r.value for r in Rollup.objects.all() if not r.counter.startswith("sent.")}
    assert states == {"state.sent": 5, "state.open": 4, "state.unknown": 2, "excluded.no_address": 4, "suppressed.opted_out": 1}
    Message.objects.filter(state=MessageState.QUEUED).update(state=MessageState.SENT, sent_at=timezone.now())
    roll_up()
    assert (total("state.sent"), total("state.open")) == (8, 1)


def test_bounces_of_messages_not_known_as_sent_are_kept_apart(sent) -> None:
    doubtful = messages(sent[0].task, 1, MessageState.UNKNOWN)
    events([*sent[:2], *doubtful], kind=EventKind.BOUNCED)
    roll_up()
    assert (total("event.bounced_unique"), total("bounced_not_sent")) == (3, 1)


def test_links_are_counted_without_their_query(sent) -> None:
    for n, message in enumerate(sent[:3]):
        events([message], kind=EventKind.CLICKED, url=f"https://shop.example/offer?customer={n}#top", link="2")
    roll_up()
    events(sent[:1], kind=EventKind.CLICKED, url="https://shop.example/offer?customer=again", link="2")
    roll_up()
    assert list(LinkRollup.objects.values_list("link", "url", "clicks", "unique_clicks")) == [("2", "https://shop.example/offer", 4, 3)]


EVENT = st.tuples(
    st.integers(0, 5),
    st.sampled_from([*EventKind]),
    st.booleans(),
    st.integers(0, 400),
    st.sampled_from(["", "https://a.example/?q=1", "https://b.example/"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(portions=st.lists(st.lists(EVENT, max_size=12), max_size=5), at_once=st.integers(1, 7))
def test_any_events_in_any_portions_give_the_direct_counts(db, portions, at_once) -> None:
    Event.objects.all().delete()
    run = a_run(a_campaign())
    those = [*messages(a_task(run), 3), *messages(a_task(run, uid="second"), 3)]
    rebuild()
    for portion in portions:
        rows = [
            Event(message=those[n], kind=kind, machine=machine, at=run.started_at + timedelta(minutes=m), url=url)
            for n, kind, machine, m, url in portion
        ]
        Event.objects.bulk_create(rows)
        roll_up(at_once=at_once)
    assert folded() == direct()
    clicks = list(Event.objects.filter(kind="clicked", machine=False))
    assert sum(LinkRollup.objects.values_list("unique_clicks", flat=True)) == len({(e.message_id, e.url.split("?")[0]) for e in clicks})
    grown = folded(), sorted(LinkRollup.objects.values_list("url", "clicks", "unique_clicks"))
    rebuild()
    assert (folded(), sorted(LinkRollup.objects.values_list("url", "clicks", "unique_clicks"))) == grown


def another_connection() -> psycopg.Connection:
    given = connection.get_connection_params()
    return psycopg.connect(**{key: given[key] for key in ("dbname", "user", "password", "host", "port") if given.get(key)})


INSERT = "INSERT INTO orchestration_event (message_id, kind, at, url, link, machine, key, detail) VALUES (%s, 'opened', now(), '', '', false, '', '{}')"


@pytest.mark.django_db(transaction=True)
def test_an_event_that_becomes_visible_late_is_not_lost() -> None:
    sent = messages(a_task(a_run(a_campaign())), 3)
    with another_connection() as slow:
        slow.execute(INSERT, [sent[0].pk])  # takes the lower id and does not commit
        events(sent[1:])
        assert horizon(seconds=0.05) is None
        assert Watermark.objects.filter(name="events", event_id__gt=0).count() == 0
        slow.commit()
    roll_up()
    assert total("event.opened_unique") == 3


@pytest.mark.django_db(transaction=True)
def test_it_does_not_wait_for_who_only_reads_or_writes_elsewhere() -> None:
    sent = messages(a_task(a_run(a_campaign())), 1)
    events(sent)
    with another_connection() as other:
        other.execute("UPDATE orchestration_message SET reply = 'x'")
        other.execute("SELECT count(*) FROM orchestration_event")
        assert horizon(seconds=0) is not None


@pytest.mark.django_db(transaction=True)
def test_several_at_once_count_once() -> None:
    sent = messages(a_task(a_run(a_campaign())), 40)
    stop, errors = threading.Event(), []

    def fold_again_and_again() -> None:
        try:
            while not stop.is_set():
                roll_up(at_once=7)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=fold_again_and_again) for _ in range(2)]
    for thread in threads:
        thread.start()
    dice = random.Random(7)
    for _ in range(15):
        events(dice.sample(sent, 5), kind=dice.choice([EventKind.OPENED, EventKind.CLICKED]))
    stop.set()
    for thread in threads:
        thread.join()
    roll_up()
    assert errors == []
    assert folded() == direct()


def test_only_runs_that_may_have_changed_are_counted(db) -> None:
    campaign = a_campaign()
    running, done = a_run(campaign, RunStatus.RUNNING), a_run(campaign, started=timezone.now() - timedelta(days=2))
    old = a_run(campaign, started=timezone.now() - timedelta(days=90))
    assert runs_to_count() == {running.pk, done.pk}
    for run in (running, done, old):
        count_ledger(run.pk)
    assert runs_to_count() == {running.pk}
    Run.objects.filter(pk=running.pk).update(status=RunStatus.PAUSED)
    assert runs_to_count() == set()
    Watermark.objects.update(at=timezone.now() - timedelta(hours=3))
    assert runs_to_count() == {running.pk, done.pk}


def test_an_event_for_an_old_run_brings_its_ledger_up_to_date(db) -> None:
    old = a_run(a_campaign(), started=timezone.now() - timedelta(days=90))
    unknown = messages(a_task(old), 1, MessageState.UNKNOWN)
    roll_up(runs=[old.pk])
    Message.objects.update(state=MessageState.SENT, sent_at=timezone.now())
    events(unknown)
    roll_up()
    assert Counter({r.counter: r.value for r in Rollup.objects.filter(counter__startswith="state.")}) == {"state.sent": 1}


def test_the_command(sent, capsys) -> None:
    events(sent)
    call_command("roll_up")
    assert "10 events" in capsys.readouterr().out
    call_command("roll_up", rebuild=True)
    assert total("event.opened_unique") == 10
    with pytest.raises(CommandError):
        call_command("roll_up", every=0)
