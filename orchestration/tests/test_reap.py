"""Killed workers: what they held goes out once, or is honestly unknown; never twice."""

import json
import os
import signal
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from orchestration import deliver, journal, ledger, reap, receive, record
from orchestration.channels import smtp
from orchestration.channels.base import Reply
from orchestration.choices import RunStatus
from orchestration.models import Message, Run
from orchestration.tests import sink as at
from orchestration.tests.sending import Plain, filled, plain_render, states
from orchestration.tests.sink import sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def plain(monkeypatch, settings, tmp_path) -> None:
    monkeypatch.setattr(deliver, "Prepared", Plain)
    monkeypatch.setattr(deliver, "render", plain_render)
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 5)
    settings.VAR_DIR = tmp_path


def die(*_words, **_named) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_before(monkeypatch, owner, name, when=lambda *words: True) -> None:
    original = getattr(owner, name)

    def deadly(*words, **named):
        if when(*words):
            die()
        return original(*words, **named)

    monkeypatch.setattr(owner, name, deadly)


def dies_after(monkeypatch, owner, name) -> None:
    original = getattr(owner, name)

    def deadly(*words, **named):
        original(*words, **named)
        die()

    monkeypatch.setattr(owner, name, deadly)


def in_a_process_that_dies(monkeypatch, task, arm) -> None:
    """Send in a child process that is killed at the point that `arm` chooses."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            arm(monkeypatch)
            deliver.send_some(task.pk)
        finally:
            os._exit(7)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def lease_over() -> None:
    Message.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))


SEAMS = {
    "FM-01 after the claim": (lambda m: dies_after(m, ledger, "claim"), "queued", False),
    "FM-02 while rendering": (lambda m: dies_before(m, deliver, "compose"), "queued", False),
    "FM-03 before the point of no return": (lambda m: dies_before(m, ledger, "pass_point"), "queued", False),
    "FM-05 after the point of no return": (lambda m: dies_after(m, ledger, "pass_point"), "queued", False),
    "FM-06 dot written down, not sent": (lambda m: dies_before(m, smtp.Line, "commit"), "unknown", False),
    "FM-06 dot sent, no answer read": (
        lambda m: dies_before(m, deliver.Shift, "write", lambda s, mark, *_: mark == journal.ANSWER),
        "unknown",
        True,
    ),
    "FM-07 answered, not recorded": (lambda m: dies_before(m, deliver, "record"), "sent", True),
    "FM-08 after the record": (lambda m: dies_after(m, deliver, "record"), "sent", True),
}


@pytest.mark.parametrize("seam", SEAMS)
def test_killed_at(seam, settings, monkeypatch) -> None:
    arm, verdict, accepted = SEAMS[seam]
    task = filled(3)
    first = Message.objects.order_by("id").first()
    with sink() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        in_a_process_that_dies(monkeypatch, task, arm)
        assert len(server.ids) == int(accepted)
        assert reap.reap() == 0  # not before the lease is over
        lease_over()
        reap.reap()
        first.refresh_from_db()
        assert first.state == verdict
        assert states() == ({verdict: 3} if verdict == "queued" else {verdict: 1, "queued": 2})
        deliver.send_some(task.pk)
        reap.reap()
    assert states() == ({"unknown": 1, "sent": 2} if verdict == "unknown" else {"sent": 3})
    expected = 3 if verdict != "unknown" or accepted else 2
    assert len(server.ids) == len(set(server.ids)) == expected
    assert journal.owners() == []


@pytest.mark.parametrize("answer", [b"451 4.3.0 later", b"550 5.1.1 no such user", b"550 5.7.1 policy"])
def test_an_answer_in_the_journal_has_its_consequences(settings, monkeypatch, answer) -> None:
    task = filled(1)
    with sink(lambda stage, text: answer if stage == at.DOT else None) as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        in_a_process_that_dies(monkeypatch, task, lambda m: dies_before(m, deliver, "record"))
    lease_over()
    assert reap.reap() == 1
    message = Message.objects.get()
    assert message.state == ("queued" if answer.startswith(b"4") else "failed")
    assert message.events.count() == int(b"5.1.1" in answer)
    assert Run.objects.get().status == (RunStatus.PAUSED if b"5.7.1" in answer else RunStatus.RUNNING)


def sending(task, owner: str) -> Message:
    row = ledger.claim(task, owner)[0]
    assert ledger.pass_point(row, True, None)
    lease_over()
    return Message.objects.get(pk=row.id)


def test_a_worker_that_lives_keeps_its_message(settings) -> None:
    """SIGSTOP, a long pause: the lock is held, so nobody else decides; a slow answer is still recorded."""
    task = filled(1)
    book = journal.Journal()
    message = sending(task, book.owner)
    book.write(journal.DOT, message.pk, str(message.claim))
    assert reap.reap() == 0 and states() == {"sending": 1}
    assert record.record(message.pk, str(message.claim), Reply("sent", "250 ok"), 1) and states() == {"sent": 1}
    book.close()


def test_a_worker_silent_for_too_long_leaves_an_unknown_that_it_may_still_settle(settings) -> None:
    task = filled(1)
    book = journal.Journal()
    message = sending(task, book.owner)
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=settings.SMTP_REPLY_SECONDS + 1))
    assert reap.reap() == 1 and states() == {"unknown": 1} and deliver.settled(task)
    assert record.record(message.pk, str(message.claim), Reply("sent", "250 ok"), 1) and states() == {"sent": 1}
    book.close()


def test_a_lost_host_means_unknown_after_a_while(settings) -> None:
    task = filled(1)
    sending(task, "elsewhere:1:abc")
    assert reap.reap() == 0
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=settings.SMTP_REPLY_SECONDS + 1))
    assert reap.reap() == 1 and states() == {"unknown": 1}


def test_a_claim_is_freed_even_when_its_worker_lives(settings) -> None:
    task = filled(2)
    book = journal.Journal()
    rows = ledger.claim(task, book.owner)
    lease_over()
    assert reap.reap() == 2 and states() == {"queued": 2}
    assert not ledger.pass_point(rows[0], True, None)
    book.close()


def test_claims_of_a_stopped_run_are_cancelled(settings) -> None:
    task = filled(2)
    ledger.claim(task, "elsewhere:1:abc")
    Run.objects.update(status=RunStatus.STOPPED)
    lease_over()
    assert reap.reap() == 2 and states() == {"cancelled": 2} and deliver.settled(task)


def test_a_message_that_kills_its_workers_stops_after_three(settings, monkeypatch) -> None:
    """FM-56: only the guilty one; the others of its batch are not blamed."""
    rows = [([n], f"p{n}@example.org", True, {"first_name": "poison" if n == 2 else "Ann"}) for n in range(1, 5)]
    task = filled(0, rows=rows)
    poison = Message.objects.get(recipient_key="[2]")

    def arm(m) -> None:
        dies_before(m, deliver, "render", lambda content, context: context["first_name"] == "poison")

    with sink() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        for _try in range(reap.MOST_CLAIMS):
            in_a_process_that_dies(monkeypatch, task, arm)
            lease_over()
            reap.reap()
        poison.refresh_from_db()
        assert (poison.state, poison.reason) == ("failed", "rendering")
        deliver.send_some(task.pk)
    assert states() == {"failed": 1, "sent": 3} and len(server.ids) == 3


def test_an_open_proves_that_an_unknown_message_arrived(settings) -> None:
    """P10, before and after the verdict."""
    task = filled(2)
    one, two = Message.objects.order_by("id")
    Message.objects.filter(pk=one.pk).update(state="unknown", send_started_at=timezone.now())
    assert receive.event(one.token, "opened")
    one.refresh_from_db()
    assert one.state == "sent" and one.sent_at == one.send_started_at
    sending(task, "elsewhere:1:abc")
    receive.event(two.token, "clicked")
    Message.objects.filter(pk=two.pk).update(lease_until=timezone.now() - timedelta(seconds=settings.SMTP_REPLY_SECONDS + 1))
    reap.reap()
    assert states() == {"sent": 2}


def test_journal_lines_survive_damage(tmp_path) -> None:
    reply = json.dumps({"state": "sent", "text": "250 \n D 9 x", "code": 250, "pause_run": False, "bad_address": False})
    whole = f"W 1 a\nD 1 a\nA 1 a {reply}\nW 2 a\nD 2 a\nA 2 a {{broken\nrubbish\nD x y\nW 3 a\nD 3"
    found = journal.read(whole.encode() + b"\xff\x00")
    assert found.mark(1, "a") == journal.ANSWER and found.replies[1, "a"].state == "sent"
    assert found.mark(2, "a") == journal.DOT and found.mark(3, "a") == journal.WORKING and found.mark(9, "x") == ""


def test_a_journal_name_leads_nowhere_else(settings) -> None:
    for name in ("../../etc/passwd", "a:1:../b", "", "a b:1:ff", "h:1:FF/.."):
        with journal.examine(name) as verdicts:
            assert verdicts is None
