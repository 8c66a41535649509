"""Sending: each message once, whatever the mail server, the disk or the database does in between."""

import re
import signal
import socket
import threading
from email import message_from_bytes, policy

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from orchestration import accounts, deliver, journal, ledger, reap, record, suppress
from orchestration.channels import smtp
from orchestration.choices import EventKind, MessageState, RunStatus, SuppressionKind
from orchestration.models import Event, LogLine, Message, ProviderAccount, Run, Suppression
from orchestration.tests import sink as at
from orchestration.tests.sending import Plain, filled, plain_render, states, step
from orchestration.tests.sink import sink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain(monkeypatch, settings, tmp_path) -> None:
    monkeypatch.setattr(deliver, "Prepared", Plain)
    monkeypatch.setattr(deliver, "render", plain_render)
    settings.VAR_DIR = tmp_path
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 2)


def aim(settings, server) -> None:
    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"


def journals(settings) -> list[str]:
    return journal.owners()


def once(*answers):
    """A rule that gives these answers one after the other at a stage, then the usual one."""
    stage, left = answers[0], list(answers[1:])

    def rule(where: str, text: str):
        return left.pop(0) if where == stage and left else None

    return rule


# --- the usual case ---------------------------------------------------------------------------------------------------


def test_it_works(settings) -> None:
    task = filled(5)
    with sink() as server:
        aim(settings, server)
        assert deliver.send_some(task.pk) == 5
        assert deliver.send_some(task.pk) == 0
    assert states() == {"sent": 5}
    assert sorted(server.ids) == sorted(Message.objects.values_list("message_id", flat=True))
    assert deliver.settled(task) and server.connections == 1
    one = Message.objects.first()
    assert (one.attempt, one.claims, one.lease_until) == (1, 0, None) and one.sent_at and one.reply == "250 2.0.0 queued"
    assert journals(settings) == []


def test_the_mail_is_what_it_should_be(settings) -> None:
    task = filled(1, rows=[([1], "ann@example.org", True, {"first_name": "Zoë"})])
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    mail = message_from_bytes(server.accepted[0], policy=policy.default)
    assert mail["To"] == "ann@example.org" and mail["From"] == "Shop <shop@example.org>" and mail["Subject"] == "Hello Zoë"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://127\.0\.0\.1:8000/u/[\w-]+>", mail["List-Unsubscribe"])
    assert mail["Content-Language"] == "fr" and mail["Feedback-ID"].startswith("mail1:")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "Hello Zoë" in mail.get_body(("plain",)).get_content()


def test_a_second_try_is_the_same_to_the_byte(settings) -> None:
    task = filled(1)
    with sink(once(at.DOT, b"451 4.3.0 later")) as server:
        seen: list[bytes] = []
        original = server.dot

        def dot(connection: socket.socket, body: bytes) -> bool:
            seen.append(body)
            return original(connection, body)

        server.dot = dot
        aim(settings, server)
        deliver.send_some(task.pk)
        Message.objects.update(next_at=timezone.now())
        deliver.send_some(task.pk)
    assert len(seen) == 2 and seen[0] == seen[1] and states() == {"sent": 1}


def test_transactional_mail_has_no_unsubscribe_header(settings) -> None:
    task = filled(1, step(category="transactional"))
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert b"List-Unsubscribe" not in server.accepted[0].split(b"\r\n\r\n")[0]


def test_nothing_is_sent_while_the_run_does_not_run(settings) -> None:
    task = filled(2)
    Run.objects.update(status=RunStatus.PAUSED)
    with sink() as server:
        aim(settings, server)
        assert deliver.send_some(task.pk) == 0
    assert states() == {"queued": 2} and server.connections == 0


# --- what the mail server may do (FM-29 to FM-37) ---------------------------------------------------------------------


def test_nobody_answers(settings) -> None:
    """FM-29: queued, untouched; the breaker opens after three failures, and a working server closes it."""
    task = filled(2)
    for _try in range(accounts.FAILURES):
        assert deliver.send_some(task.pk) == 0
    account = ProviderAccount.objects.get()
    assert states() == {"queued": 2} and account.broken_until > timezone.now()
    assert "does not answer" in LogLine.objects.get().text and not Suppression.objects.exists()
    with sink() as server:
        aim(settings, server)
        assert deliver.send_some(task.pk) == 0 and server.connections == 0
        ProviderAccount.objects.update(broken_until=timezone.now())
        assert deliver.send_some(task.pk) == 2
    account.refresh_from_db()
    assert (account.failures, account.broken_until) == (0, None) and states() == {"sent": 2}


@pytest.mark.parametrize("greeting", [b"421 busy", b"554 no", at.DROP, b"garbage"])
def test_refused_at_the_door(settings, greeting) -> None:
    task = filled(1)
    with sink(lambda stage, text: greeting if stage == at.GREETING else None) as server:
        aim(settings, server)
        assert deliver.send_some(task.pk) == 0
    assert states() == {"queued": 1} and Message.objects.get().attempt == 0
    assert ProviderAccount.objects.get().failures == 1


def test_wrong_password(settings, caplog) -> None:
    """FM-33: the account is named, the password is not."""

    def rule(stage: str, text: str):
        return b"250-sink\r\n250 AUTH PLAIN LOGIN" if stage == at.EHLO else None

    task = filled(1)
    with sink(rule) as server:
        settings.EMAIL_URL = f"smtp://shop:se%3Acret@127.0.0.1:{server.port}"
        for _try in range(accounts.FAILURES):
            deliver.send_some(task.pk)
    said = LogLine.objects.get().text + caplog.text
    assert states() == {"queued": 1} and accounts.DEFAULT in said and "se:cret" not in said


def test_starttls_that_is_not_offered_is_no_reason_to_send_plain(settings) -> None:
    """FM-39."""
    task = filled(1)
    with sink() as server:
        settings.EMAIL_URL = f"smtp+tls://127.0.0.1:{server.port}"
        deliver.send_some(task.pk)
    assert states() == {"queued": 1} and not server.recipients


@pytest.mark.parametrize("stage", [at.MAIL, at.RCPT, at.DATA, at.DOT])
@pytest.mark.parametrize("answer", [b"421 4.3.2 closing", b"450 4.2.1 busy", b"451 4.3.0 error", b"452 4.2.2 full"])
def test_temporary_refusals_are_tried_again(settings, stage, answer) -> None:
    """FM-30."""
    task = filled(3)
    with sink(once(stage, answer)) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
        assert states() == {"queued": 1, "sent": 2}
        waiting = Message.objects.get(state=MessageState.QUEUED)
        assert waiting.attempt == 1 and waiting.next_at > timezone.now() and answer[:3].decode() in waiting.reply
        Message.objects.update(next_at=timezone.now())
        deliver.send_some(task.pk)
    assert states() == {"sent": 3} and len(server.ids) == len(set(server.ids)) == 3


@pytest.mark.parametrize("stage", [at.MAIL, at.RCPT, at.DATA, at.BODY])
def test_a_drop_before_the_dot_leaves_no_doubt(settings, stage) -> None:
    """FM-34."""
    task = filled(3)
    with sink(once(stage, at.DROP)) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"queued": 1, "sent": 2}


def test_an_address_that_does_not_exist(settings) -> None:
    """FM-31: failed, an event, suppressed; the others go on."""
    task = filled(3)
    with sink(once(at.RCPT, b"550 5.1.1 <b>no such user</b>")) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"failed": 1, "sent": 2}
    message = Message.objects.get(state="failed")
    assert Event.objects.get().message == message and Event.objects.get().kind == EventKind.BOUNCED
    assert Suppression.objects.get().address_hash == message.address_hash
    assert Suppression.objects.get().kind == SuppressionKind.HARD_BOUNCE
    assert task.run.status == RunStatus.RUNNING


@pytest.mark.parametrize("stage", [at.RCPT, at.DOT])
@pytest.mark.parametrize("answer", [b"550 5.7.1 rejected", b"550 5.7.26 unauthenticated", b"550 5.7.515 access denied"])
def test_policy_refusals_pause_the_run_and_blame_nobody(settings, stage, answer) -> None:
    """FM-32."""
    task = filled(3)
    with sink(once(stage, answer)) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    task.run.refresh_from_db()
    assert task.run.status == RunStatus.PAUSED and answer.decode()[4:] in task.run.error
    assert states() == {"failed": 1, "queued": 2} and not Suppression.objects.exists() and not server.ids


@pytest.mark.parametrize(("answer", "accepted"), [(at.DROP_AFTER_ACCEPTING, 3), (at.DROP, 2)])
def test_a_drop_after_the_dot_is_unknown_and_never_sent_again(settings, answer, accepted) -> None:
    """FM-35, FM-36."""
    task = filled(3)
    with sink(once(at.DOT, answer)) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
        reap.reap()
        assert deliver.send_some(task.pk) == 0
    assert states() == {"sent": 2, "unknown": 1} and len(server.ids) == accepted
    assert deliver.settled(task) and deliver.summary(task.run)["email"]["unknown"] == 1


def test_a_reply_that_takes_too_long_is_unknown(settings) -> None:
    """FM-37."""
    settings.SMTP_REPLY_SECONDS = 0.2
    task = filled(1)
    with sink(once(at.DOT, at.SLOW)) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
        assert server.reached.is_set() and deliver.send_some(task.pk) == 0
    assert states() == {"unknown": 1} and len(server.ids) == 1


@pytest.mark.parametrize("answer", [b"nonsense", b"250-" + b"x" * 9000, b"250-a\r\n" * 200 + b"250 b", b"999 what", b"\xff\xfe"])
def test_nonsense_after_the_dot_is_unknown(settings, answer) -> None:
    """FM-38."""
    task = filled(1)
    with sink(once(at.DOT, answer)) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"unknown": 1}


def test_a_reply_of_several_lines(settings) -> None:
    task = filled(1)
    with sink(once(at.DOT, b"250-one\r\n250-\x00two\r\n250 three")) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"sent": 1} and "three" in Message.objects.get().reply


# --- the point of no return -------------------------------------------------------------------------------------------


def before_passing(monkeypatch, act) -> None:
    """Do something after the text was handed over and before the point of no return."""
    original = ledger.pass_point

    def pass_point(row, marketing, consent):
        act(row)
        return original(row, marketing, consent)

    monkeypatch.setattr(ledger, "pass_point", pass_point)


def test_an_opt_out_in_the_last_moment_counts(settings, monkeypatch) -> None:
    """FM-52."""
    task = filled(3)
    second = Message.objects.order_by("id")[1]
    before_passing(monkeypatch, lambda row: row.id == second.pk and suppress.add(second.address, SuppressionKind.OPT_OUT))
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"sent": 2, "suppressed": 1} and second.message_id not in server.ids
    second.refresh_from_db()
    assert (second.reason, second.planned) == ("opted_out", True)
    figures = deliver.summary(task.run)["email"]
    assert figures["planned"] == 3 == figures["sent"] + figures["suppressed"]


def test_an_opt_out_does_not_stop_transactional_mail_but_a_bounce_does(settings, monkeypatch) -> None:
    task = filled(2, step(category="transactional"))
    kinds = {"person1@example.org": SuppressionKind.OPT_OUT, "person2@example.org": SuppressionKind.HARD_BOUNCE}
    before_passing(monkeypatch, lambda row: suppress.add(row.address, kinds[row.address]))
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert dict(Message.objects.values_list("address", "state")) == {"person1@example.org": "sent", "person2@example.org": "suppressed"}


def test_consent_is_asked_again_with_the_key_of_the_recipient(settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE work.agree (id int, ok boolean)")
        cursor.execute("INSERT INTO work.agree VALUES (1, true), (2, false), (3, NULL)")
    send = step({"text": "SELECT ok FROM work.agree WHERE id = %(k_1)s::BIGINT", "params": {}})
    task = filled(4, send)
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    found = dict(Message.objects.values_list("recipient_key", "state"))
    assert found == {"[1]": "sent", "[2]": "suppressed", "[3]": "suppressed", "[4]": "suppressed"} and len(server.ids) == 1
    assert set(Message.objects.filter(state="suppressed").values_list("reason", flat=True)) == {"no_consent"}


@pytest.mark.parametrize(("status", "state"), [(RunStatus.PAUSED, "queued"), (RunStatus.STOPPED, "cancelled")])
def test_pause_and_stop_act_within_one_message(settings, monkeypatch, status, state) -> None:
    """FM-50, FM-51."""
    task = filled(4)
    second = Message.objects.order_by("id")[1].pk
    before_passing(monkeypatch, lambda row: row.id == second and Run.objects.update(status=status))
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"sent": 1, state: 3} and len(server.ids) == 1


def test_what_is_too_old_is_not_sent(settings, monkeypatch) -> None:
    task = filled(3)
    Message.objects.filter(recipient_key="[1]").update(expires_at=timezone.now())
    late = Message.objects.get(recipient_key="[2]")
    before_passing(monkeypatch, lambda row: row.id == late.pk and Message.objects.filter(pk=late.pk).update(expires_at=timezone.now()))
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"expired": 2, "sent": 1}


def test_who_lost_the_claim_sends_nothing(settings, monkeypatch) -> None:
    """FM-12: a worker that slept beyond its lease wakes up in the middle of a message."""
    task = filled(2)

    def lose(row) -> None:
        Message.objects.filter(pk=row.id).update(state="queued", claim=None)

    before_passing(monkeypatch, lose)
    with sink() as server:
        aim(settings, server)
        shift_once(task)
    assert states() == {"queued": 2} and not server.ids


def shift_once(task) -> None:
    """One batch only; the messages it loses would be claimed again and again."""
    original = ledger.claim
    calls = []

    def claim(*words):
        calls.append(1)
        return original(*words) if len(calls) == 1 else []

    ledger.claim = claim
    try:
        deliver.send_some(task.pk)
    finally:
        ledger.claim = original


def test_a_server_that_left_before_the_dot_is_noticed(settings, monkeypatch) -> None:
    task = filled(1)
    with sink(once(at.RCPT, None)) as server:
        aim(settings, server)

        def hang_up(row) -> None:
            deliver_line[0].server.sock.shutdown(socket.SHUT_RDWR)

        deliver_line: list = []
        original = deliver.Shift.one

        def one(self, line, row):
            deliver_line[:] = [line]
            return original(self, line, row)

        monkeypatch.setattr(deliver.Shift, "one", one)
        before_passing(monkeypatch, hang_up)
        deliver.send_some(task.pk)
    assert states() == {"queued": 1} and not server.ids and "before the final dot" in Message.objects.get().reply


# --- what cannot be sent ----------------------------------------------------------------------------------------------


def test_a_message_that_cannot_be_made_stops_only_itself(settings) -> None:
    """FM-56, SE-50."""
    rows = [
        ([1], "ann@example.org", True, {"first_name": "Ann"}),
        ([2], "bcc@example.org", True, {"first_name": "x\r\nBcc: all@example.org"}),
        ([3], "no@example.org", True, {}),
        ([4], "eve@example.org", True, {"first_name": "Eve"}),
    ]
    task = filled(0, rows=rows)
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"failed": 2, "sent": 2} and len(server.ids) == 2
    assert set(Message.objects.filter(state="failed").values_list("reason", flat=True)) == {"rendering"}
    assert not any(b"all@example.org" in body for body in server.accepted)


@pytest.mark.parametrize("address", ["a..b@example.org", "ann@exam_ple.org", "ann@-example.org", ".ann@example.org"])
def test_an_address_that_only_looks_right_is_found_before_sending(settings, address) -> None:
    task = filled(0, rows=[([1], address, True), ([2], "ann@example.org", True)])
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"sent": 1, "suppressed": 1}
    assert Message.objects.get(recipient_key="[1]").reason == "invalid_address"


def test_international_addresses(settings) -> None:
    """CO-08: domains in ASCII; a local part that needs SMTPUTF8 fails in words where the server does not have it."""
    rows = [([1], "ann@bücher.example", True), ([2], "jürgen@example.org", True)]
    task = filled(0, rows=rows)
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert "RCPT TO:<ann@xn--bcher-kva.example>" in server.recipients
    failed = Message.objects.get(recipient_key="[2]")
    assert failed.state == "failed" and "SMTPUTF8" in failed.reply


def test_international_addresses_where_the_server_can(settings) -> None:
    task = filled(0, rows=[([2], "jürgen@example.org", True)])
    with sink(lambda stage, text: b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8" if stage == at.EHLO else None) as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"sent": 1} and server.recipients == ["RCPT TO:<jürgen@example.org>"]
    assert "To: jürgen@example.org\r\n".encode() in server.accepted[0]


# --- disk, database, signals ------------------------------------------------------------------------------------------


def test_without_a_journal_nothing_leaves(settings, monkeypatch) -> None:
    """FM-28."""
    task = filled(3)
    original = journal.Journal.write

    def write(self, mark, message, claim, reply=None):
        if mark == journal.DOT:
            raise OSError(28, "No space left on device")
        return original(self, mark, message, claim, reply)

    monkeypatch.setattr(journal.Journal, "write", write)
    with sink() as server:
        aim(settings, server)
        deliver.send_some(task.pk)
    assert states() == {"queued": 3} and not server.ids


def test_an_answer_waits_for_the_database(settings, monkeypatch) -> None:
    """FM-20, FM-21: the database goes away while the answer is in our hands."""
    task = filled(1)
    original, failures = record.record, [OperationalError("gone"), OperationalError("gone")]

    def failing(*words):
        if failures:
            raise failures.pop()
        return original(*words)

    monkeypatch.setattr(deliver, "record", failing)
    monkeypatch.setattr(deliver.time, "sleep", lambda seconds: None)
    with sink() as server:
        aim(settings, server)
        monkeypatch.setattr(deliver, "connection", type("Away", (), {"in_atomic_block": False, "close": lambda self: None})())
        deliver.send_some(task.pk)
    assert states() == {"sent": 1} and not failures


def test_an_alarm_does_not_split_a_message(settings, monkeypatch) -> None:
    """FM-13: a time limit strikes between the dot and the record; it is felt only afterwards."""
    task = filled(3)

    class Overtime(Exception):
        pass

    def ring(number, frame):
        raise Overtime

    before = signal.signal(signal.SIGALRM, ring)
    original = record.record

    def with_alarm(*words):
        signal.raise_signal(signal.SIGALRM)
        return original(*words)

    monkeypatch.setattr(deliver, "record", with_alarm)
    try:
        with sink() as server, pytest.raises(Overtime):
            aim(settings, server)
            deliver.send_some(task.pk)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert states() == {"sent": 1, "queued": 2} and len(server.ids) == 1


def test_sigterm_finishes_the_message_in_hand(settings, monkeypatch) -> None:
    """FM-10."""
    task = filled(4)
    before_passing(monkeypatch, lambda row: signal.raise_signal(signal.SIGTERM))
    with sink() as server:
        aim(settings, server)
        assert deliver.send_some(task.pk) == 1
    assert states() == {"sent": 1, "queued": 3} and len(server.ids) == 1
    assert not Message.objects.exclude(claim=None).filter(state="queued").exists()


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_the_work(settings) -> None:
    settings.SEND_BATCH = 7
    task = filled(60)
    with sink() as server:
        aim(settings, server)

        def work() -> None:
            try:
                deliver.send_some(task.pk)
            finally:
                connections.close_all()

        workers = [threading.Thread(target=work) for _n in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert states() == {"sent": 60} and len(server.ids) == len(set(server.ids)) == 60
