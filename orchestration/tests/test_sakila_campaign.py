"""The main job on the Sakila video rental: from files to mails that a mail server accepted, each the right one, each once."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from campaigns.choices import VersionStatus
from campaigns.testing import audience, draw
from orchestration import deliver, jobs, suppress
from orchestration.choices import MessageState, RunStatus, SuppressionKind, TaskStatus
from orchestration.models import Message, Run
from orchestration.testing import run_to_end
from orchestration.tests import video_rental as video
from orchestration.tests.sink import Sink, sink
from schemas.testing import sakila_available, sakila_folder

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not sakila_available(), reason="the Sakila files are not beside the project"),
]


@pytest.fixture
def shop(db: None) -> None:
    """Described and loaded by the commands that a newcomer types."""
    call_command("import_schema", sakila_folder() / "schema.sql", version_field=[("payment", "payment_date")], verbosity=0)
    call_command("ingest", sakila_folder(), verbosity=0)


@pytest.fixture
def server(settings: Any, tmp_path: Any) -> Iterator[Sink]:
    settings.VAR_DIR = tmp_path
    with sink() as running:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{running.port}"
        yield running


def balanced(run: Run) -> None:
    """Nobody is lost, at any box; and the ledger has an end for everybody who was planned."""
    for task in run.tasks.all():
        assert task.rows_in == task.rows_out + task.complement + sum(task.excluded.values()), task.label
    for figures in deliver.summary(run).values():
        ends = ("sent", "failed", "unknown", "suppressed", "cancelled", "expired", "open")
        assert figures["planned"] == sum(figures[end] for end in ends)


def mails_of(server: Sink) -> dict[str, EmailMessage]:
    """By Message-ID: a mail that was accepted twice would be one too few."""
    found = {mail["Message-ID"]: mail for mail in map(video.parsed, server.accepted)}
    assert len(found) == len(server.accepted)
    return found


def bold(mail: EmailMessage) -> list[str]:
    html = mail.get_body(("html",))
    assert html
    return re.findall(r"<b\b[^>]*>(.*?)</b>", html.get_content())


def test_one_mail_for_each_film_that_is_still_out(shop: None, server: Sink) -> None:
    author, approver = video.people()
    version = video.about_rentals(author)
    run = run_to_end(video.launched(version, author, approver))
    version.refresh_from_db()
    assert (run.status, version.status, version.approved_by) == (RunStatus.COMPLETED, VersionStatus.COMPLETED, approver)
    assert version.approvals.get(decision="approved").counts["planned"] == 183
    balanced(run)
    assert deliver.summary(run)["email"] | {"planned": 183, "sent": 183, "excluded": {}} == deliver.summary(run)["email"]

    mails = mails_of(server)
    assert len(mails) == 183 and set(mails) == set(Message.objects.filter(run=run).values_list("message_id", flat=True))
    told = sorted((mail["To"], title) for mail in mails.values() for title in bold(mail))
    assert told == video.titles_out()
    names = {row["email"]: row["first_name"] for row in video.records("customer")}
    for mail in mails.values():
        assert mail["Subject"] == f"{names[mail['To']]}, your films"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<http://[^>]+/u/[\w-]+>", mail["List-Unsubscribe"])
        text = mail.get_body(("plain",))
        assert text and bold(mail)[0] in text.get_content() and "/c/" in text.get_content()
        assert "1 quai du Port" in text.get_content()

    assert run_to_end(run).status == RunStatus.COMPLETED and len(server.accepted) == 183  # a second time sends nothing


def prepared(run: Run) -> Run:
    """Everything up to the ledger; no message has been tried."""
    while queued := run.tasks.filter(status=TaskStatus.QUEUED).first():
        jobs.run_task(queued.pk, queued.epoch)
    assert run.tasks.get(activity_uid="mail").status == TaskStatus.SENDING
    return run


def test_one_mail_for_each_customer_about_all_their_films(shop: None, server: Sink) -> None:
    """Somebody who opts out after the ledger was filled gets nothing any more."""
    author, approver = video.people()
    run = prepared(video.launched(video.about_customers(author), author, approver))
    task = run.tasks.get(activity_uid="mail")
    assert (task.rows_in, task.rows_out, task.excluded) == (183, 159, {"same_recipient": 24})
    expected = video.titles_by_address()
    assert Message.objects.filter(run=run, state=MessageState.QUEUED).count() == len(expected) == 159
    leaves = max(expected, key=lambda address: len(expected[address]))
    suppress.add(leaves.swapcase(), SuppressionKind.OPT_OUT)

    run = run_to_end(run)
    balanced(run)
    figures = deliver.summary(run)["email"]
    assert (run.status, figures["planned"], figures["sent"], figures["suppressed"]) == (RunStatus.COMPLETED, 159, 158, 1)
    kept_back = Message.objects.get(run=run, state=MessageState.SUPPRESSED)
    assert (kept_back.address, kept_back.planned, kept_back.reason) == (leaves, True, "opted_out")
    told = {mail["To"]: sorted(bold(mail)) for mail in mails_of(server).values()}
    del expected[leaves]
    assert told == expected

    # The next campaign leaves them out from the start; its mails list a collection that Enrich added.
    server.accepted.clear()
    run = run_to_end(video.launched(video.with_collection(author), author, approver))
    balanced(run)
    assert run.tasks.get(activity_uid="mail").excluded == {"opted_out": 1}
    assert {mail["To"]: sorted(bold(mail)) for mail in mails_of(server).values()} == expected


# --- the questions that are answered by drawing -----------------------------------------------------------------------


def shown(version: Any, author: Any) -> dict[str, dict[str, Any]]:
    """What the canvas is told about a test run, by box."""
    run = video.tested(version, author)
    balanced(run)
    client = Client()
    client.force_login(author)
    state = json.loads(client.get(reverse("run-state", args=[run.pk])).content)
    assert state["run"]["status"] == "completed", state["run"]["error"]
    return dict(state["tasks"])


def combined(author: Any, method: str) -> dict[str, Any]:
    """Question 10: those who paid more than 150, and those who have a film."""
    boxes = [
        audience("big", video.linked("sum", path="payments", field="amount", op="gt", value=150)),
        audience("films", video.linked("any", video.STILL_OUT)),
        {"uid": "both", "kind": "combine", "config": {"method": method, "primary": "big"}},
        {"uid": "end", "kind": "end"},
    ]
    return shown(draw(author, boxes, ["big>both", "films>both", "both>end"], f"Question 10, {method}"), author)["both"]


def test_questions_ten_to_twelve_are_answered_by_a_test_run(shop: None) -> None:
    author, _approver = video.people()
    answers = {method: combined(author, method) for method in ("union", "intersection", "exclusion")}
    assert {method: box["counts"]["out"] for method, box in answers.items()} == {"union": 191, "intersection": 14, "exclusion": 32}
    assert {box["rows_in"] for box in answers.values()} == {46 + 159}
    assert (answers["union"]["excluded"], answers["exclusion"]["complement"]) == ({"in_several_sets": 14}, 14)

    each, all_of_them = shown(video.about_rentals(author), author), shown(video.about_customers(author), author)
    assert (each["out"]["counts"]["out"], each["mail"]["rows_out"], each["mail"]["excluded"]) == (183, 183, {})
    assert (all_of_them["mail"]["rows_in"], all_of_them["mail"]["rows_out"]) == (183, 159)
    assert all_of_them["mail"]["excluded"] == {"same_recipient": 24}
    assert all_of_them["end"]["rows_in"] == 159

    alike = {
        "fields": [{"path": [], "field": "store_id"}, {"path": [], "field": "last_name", "part": "first_letter"}],
        "keep": 1,
        "method": "chance",
    }
    boxes = [audience("all"), {"uid": "one", "kind": "deduplicate", "config": alike}, {"uid": "end", "kind": "end"}]
    kept = shown(draw(author, boxes, ["all>one", "one>end"], "Question 12"), author)["one"]
    assert (kept["rows_in"], kept["counts"]["out"], kept["complement"]) == (599, 46, 599 - 46)
    letters = Counter((row["store_id"], row["last_name"][0]) for row in video.records("customer"))
    assert len(letters) == 46
