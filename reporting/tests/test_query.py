"""The one function: its numbers against the rows, and the screen, CSV and PDF against it."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape
from pypdf import PdfReader

from orchestration.choices import EventKind, MessageState, Reason, RunKind, RunStatus, TaskStatus
from orchestration.models import Run
from reporting.figures import Figures
from reporting.metrics import registry
from reporting.pdf import pdf_of
from reporting.query import campaign_figures, campaign_lines, default_run, runs_of
from reporting.roll_up import roll_up
from reporting.rows import rows_behind
from reporting.sheet import csv_of
from reporting.testing import LAUNCHED, a_campaign, a_run, a_task, a_user, events, messages
from reporting.timeline import STEPS_AT_MOST


@pytest.fixture
def run(db) -> Run:
    """Two mails: everything that can become of a message is in the first."""
    run = a_run(a_campaign(), RunStatus.COMPLETED_WITH_ERRORS)
    a_task(run, "people", "build_audience", "Customers", rows=(50, 40, 10))
    task = a_task(run, rows=(36, 30, 0), excluded={Reason.NO_ADDRESS: 4, Reason.SAME_RECIPIENT: 2})
    good = messages(task, 20, every=timedelta(minutes=2))
    messages(task, 4, MessageState.SUPPRESSED, reason=Reason.NO_ADDRESS, planned=False)
    for state, count in (("failed", 3), ("unknown", 2), ("cancelled", 1), ("expired", 1), ("queued", 1)):
        messages(task, count, state)
    messages(task, 2, MessageState.SUPPRESSED, reason=Reason.OPTED_OUT)
    events(good[:1], EventKind.BOUNCED)
    events(good[1:9])
    events(good[1:3])
    events(good[15:18], machine=True)
    events(good[1:5], EventKind.CLICKED, url="https://shop.example/winter?who=1", link="1")
    events(good[1:2], EventKind.UNSUBSCRIBED)
    events(good[2:3], EventKind.COMPLAINED)
    messages(a_task(run, "second", rows=(4, 4, 0), label="Second mail"), 4)
    roll_up(runs=[run.pk])
    return run


def values(figures: Figures, *keys: str) -> list[object]:
    return [figures.metric(key).value for key in keys]


def test_it_works(run) -> None:
    figures = campaign_figures(run.version.campaign)
    assert values(figures, "audience", "excluded", "planned", "sent", "delivered", "unique_opens", "unique_clicks") == [
        40,
        6,
        34,
        24,
        23,
        8,
        4,
    ]
    assert [(stage.key, stage.value) for stage in figures.funnel][2:] == [
        ("sent", 24),
        ("delivered", 23),
        ("unique_opens", 8),
        ("unique_clicks", 4),
    ]
    assert figures.summary[0] == "23 of 34 planned messages were delivered (67.6%)."
    assert figures.header.run == run.pk and not figures.header.open
    assert json.loads(json.dumps(figures.as_dict()))["metrics"][0]["value"] == 40


def test_every_number_is_the_count_of_the_rows_behind_it(run) -> None:
    figures = campaign_figures(run.version.campaign)
    for figure in figures.metrics:
        if figure.rows and figure.rows != "excluded":  # one of the excluded records never became a row
            assert rows_behind(run, figure.rows).count() == figure.value, figure.key
    for row in figures.senders:
        for figure in row.metrics.values():
            if figure.rows and figure.rows != "excluded":
                assert rows_behind(run, figure.rows, activity=row.uid).count() == figure.value, (row.uid, figure.key)
    for exclusion in figures.exclusions:
        if exclusion.rows:
            assert rows_behind(run, exclusion.rows, exclusion.uid, exclusion.reason).count() == exclusion.count
    assert rows_behind(run, "no_such_thing").count() == 0


def test_exclusions_say_why_where_and_when(run) -> None:
    found = [(e.reason, e.activity, e.moment, e.count, bool(e.rows)) for e in campaign_figures(run.version.campaign).exclusions]
    assert found == [
        ("no_address", "Winter mail", "Before sending", 4, True),
        ("same_recipient", "Winter mail", "Before sending", 2, False),
        ("opted_out", "Winter mail", "While sending", 2, True),
    ]


def test_notes_tell_what_a_careful_reader_must_know(run) -> None:
    notes = " ".join(campaign_figures(run.version.campaign).notes)
    assert (
        "1 messages are still waiting" in notes
        and "2 messages are unverified" in notes
        and "3 messages were opened by mail proxies" in notes
    )
    assert "audience" not in notes
    run.tasks.filter(activity_uid="second").update(rows_in=9)
    assert "The audience (45) is not planned (34) plus excluded (6)" in " ".join(campaign_figures(run.version.campaign).notes)


def test_screen_csv_pdf_and_list_say_the_same(run, admin_client) -> None:
    campaign = run.version.campaign
    figures = campaign_figures(campaign)
    screen = admin_client.get(f"/admin/reports/campaigns/{campaign.pk}/")
    assert screen.context["figures"] == figures
    rows = list(csv.reader(io.StringIO(csv_of(figures).removeprefix("\ufeff"))))
    in_csv = {row[2]: row[4] for row in rows if row[0] == "Figures"}
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(figures))).pages).split())
    body = screen.content.decode()
    for figure in figures.metrics:
        assert in_csv[figure.label] == figure.text
        assert f"{figure.label} {figure.formula} {figure.note} {figure.text}" in text
        assert re.search(
            rf"{re.escape(escape(figure.note))}</td>\s*<td class=\"t-number\">(<a [^>]*>)?{re.escape(escape(figure.text))}\s*<", body
        ), figure.key
    ((_, in_list),) = campaign_lines([run])
    assert list(in_list.values()) == figures.metrics


def test_activities_follow_the_run(run) -> None:
    people, mail, second = campaign_figures(run.version.campaign).activities
    assert (people.rows_in, people.rows_out, people.complement, people.excluded, people.sends) == (50, 40, 10, 0, False)
    assert (mail.metrics["planned"].value, mail.excluded, second.metrics["sent"].value) == (30, 6, 4)
    for key in ("planned", "sent", "delivered", "unique_opens"):
        assert mail.metrics[key].value + second.metrics[key].value == campaign_figures(run.version.campaign).metric(key).value


def test_the_latest_live_run_is_shown_and_others_can_be_chosen(run) -> None:
    campaign = run.version.campaign
    later, test = a_run(campaign, RunStatus.RUNNING), a_run(campaign, kind=RunKind.TEST)
    assert default_run(campaign) == later
    assert runs_of(campaign) == [later, run, test]
    assert campaign_figures(campaign, run).metric("sent").value == 24
    assert "test run" in campaign_figures(campaign, test).summary[0]


def test_nothing_at_all_is_fine(db) -> None:
    campaign = a_campaign()
    assert campaign_figures(campaign).header.run is None
    task = a_task(a_run(campaign, RunStatus.RUNNING), status=TaskStatus.PENDING)
    figures = campaign_figures(campaign)
    assert (figures.metric("audience").text, figures.metric("open_rate").text, figures.metric("sent").value) == ("–", "–", 0)
    task.rows_in = task.rows_out = 0
    task.save()
    roll_up()
    figures = campaign_figures(campaign)
    assert (figures.metric("audience").text, figures.metric("click_to_open_rate").text, figures.timeline.moments) == ("0", "–", [])
    assert all(stage.share == 0 for stage in figures.funnel)


# --- the time line --------------------------------------------------------------------------------------------------


def test_the_time_line_adds_up(run) -> None:
    figures = campaign_figures(run.version.campaign)
    sums = {series.key: sum(series.values) for series in figures.timeline.series}
    assert sums == {"state.sent": 24, "event.opened_unique": 8, "event.clicked_unique": 4, "event.unsubscribed_unique": 1}
    assert figures.timeline.grain == "minute"


def test_a_sending_late_in_the_evening_is_on_the_local_day(db, settings) -> None:
    run = a_run(a_campaign())
    task = a_task(run)
    messages(task, 2, at=datetime(2026, 11, 12, 22, 30, tzinfo=UTC))  # 23:30 in Paris
    messages(task, 3, at=datetime(2026, 11, 30, 23, 30, tzinfo=UTC))  # 00:30 of the next day
    roll_up(runs=[run.pk])
    with timezone.override("Europe/Paris"):
        line = campaign_figures(run.version.campaign).timeline
    counted = {moment: value for moment, value in zip(line.moments, line.series[0].values, strict=True) if value}
    assert (line.grain, counted) == ("day", {datetime(2026, 11, 12): 2, datetime(2026, 12, 1): 3})


@pytest.mark.parametrize(("days", "grain"), [(0, "minute"), (3, "hour"), (60, "day"), (1000, "month"), (365 * 50, "year")])
def test_the_time_line_never_gets_long(db, days, grain) -> None:
    run = a_run(a_campaign())
    sent = messages(a_task(run), 2)
    events(sent[:1], after=timedelta(days=days))
    roll_up(runs=[run.pk])
    line = campaign_figures(run.version.campaign).timeline
    assert line.grain == grain and len(line.moments) <= STEPS_AT_MOST
    assert [sum(series.values) for series in line.series] == [2, 1, 0, 0]


def test_large_runs_are_not_counted_by_the_minute(db, monkeypatch) -> None:
    monkeypatch.setattr("reporting.timeline.MINUTES_UP_TO", (timedelta(hours=2), 3))
    run = a_run(a_campaign())
    messages(a_task(run), 4)
    roll_up(runs=[run.pk])
    assert campaign_figures(run.version.campaign).timeline.grain == "hour"


def test_it_asks_few_questions_however_much_happened(run, django_assert_max_num_queries) -> None:
    for n in range(10):
        messages(a_task(run, f"more{n}"), 2, at=LAUNCHED)
    roll_up(runs=[run.pk])
    with django_assert_max_num_queries(12):
        campaign_figures(run.version.campaign, run)
    with django_assert_max_num_queries(2):
        campaign_lines([run])


def test_only_most_clicked_links_are_listed(db, monkeypatch) -> None:
    monkeypatch.setattr("reporting.query.LINKS_SHOWN", 2)
    run = a_run(a_campaign())
    sent = messages(a_task(run), 3)
    for n in range(3):
        events(sent[: n + 1], EventKind.CLICKED, url=f"https://shop.example/{n}", link=str(n))
    roll_up(runs=[run.pk])
    figures = campaign_figures(run.version.campaign)
    assert [(link.url, link.unique_clicks, link.share) for link in figures.links] == [
        ("https://shop.example/2", 3, "100%"),
        ("https://shop.example/1", 2, "66.7%"),
    ]
    assert figures.links_in_all == 3


def test_every_metric_is_in_the_figures(run) -> None:
    assert [figure.key for figure in campaign_figures(run.version.campaign).metrics] == list(registry())
    assert a_user("somebody").has_perm("reporting.view_report") is False
