"""Deliver: send what the ledger holds, by the protocol that never sends a message twice on its own account.

Claim, render, hand over up to the final dot, commit the point of no return, write the journal, send the dot, record.
"""

import logging
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count
from django.utils.translation import gettext as _

from campaigns.choices import Channel
from campaigns.render import Prepared, Rendered, render
from orchestration import accounts, journal, ledger, track
from orchestration.channels.base import Connection, OutgoingMessage, Reply
from orchestration.choices import MESSAGE_OPEN, MessageState, Reason, RunStatus
from orchestration.compose import ComposeError, Mail, compose
from orchestration.exceptions import SendError
from orchestration.journal import ANSWER, DOT, WORKING, Journal
from orchestration.ledger import Claimed
from orchestration.models import Message, ProviderAccount, Run, Task
from orchestration.plan import Plan
from orchestration.prepare import MARKETING, prepare
from orchestration.recipient import InvalidAddress, checked_address
from orchestration.record import record
from schemas.sql import Statement

__all__ = ["prepare", "preview", "reason_label", "send_some", "settled", "summary"]
log = logging.getLogger(__name__)
PREVIEW = "https://preview.invalid/"
RECORD_SECONDS = 600  # how long to wait for the database with an answer in our hands; the journal has it too


class Stopped(Exception):
    """This worker cannot go on now; what it holds goes back to the queue."""


# --- what the others ask ----------------------------------------------------------------------------------------------


def settled(task: Task) -> bool:
    """Nothing of this task can be sent any more."""
    return not Message.objects.filter(task=task, state__in=MESSAGE_OPEN).exists()


def reason_label(reason: str) -> str:
    return str(dict(Reason.choices).get(reason, reason))


def summary(run: Run) -> dict[str, dict[str, Any]]:
    """For each channel: planned = sent + failed + unknown + suppressed + cancelled + expired + open; excluded stands apart."""
    found: dict[str, dict[str, Any]] = defaultdict(empty_summary)
    rows = Message.objects.filter(run=run).order_by().values_list("channel", "planned", "state", "reason").annotate(n=Count("id"))
    for channel, planned, state, reason, n in rows:
        figures = found[channel]
        if not planned:
            figures["excluded"][reason] = figures["excluded"].get(reason, 0) + n
            continue
        figures["planned"] += n
        figures["open" if state in MESSAGE_OPEN else state] += n
    return dict(found)


def empty_summary() -> dict[str, Any]:
    return {"planned": 0, "sent": 0, "failed": 0, "unknown": 0, "suppressed": 0, "cancelled": 0, "expired": 0, "open": 0, "excluded": {}}


def preview(step: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[Rendered]:
    """The mails that rows of a prepared work table would get; their links lead where they lead, and nothing is counted."""
    content = Prepared.from_dict(step["settings"]["content"])
    return [render(content, row["context"], link_for=lambda index, url: url, unsubscribe_url=PREVIEW) for row in rows]


# --- sending ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What all messages of a task have in common, read once."""

    task: Task
    step: Mapping[str, Any]
    content: Prepared

    @classmethod
    def of(cls, task: Task) -> "Work":
        step = Plan(task.run.plan).by_uid[task.activity_uid].step("send")
        if step is None:
            raise SendError(_("This activity sends nothing."), permanent=True)
        return cls(task, step, Prepared.from_dict(step["settings"]["content"]))

    @property
    def sender(self) -> dict[str, Any]:
        return dict(self.step["settings"]["sender"])

    @property
    def channel(self) -> str:
        return str(self.step.get("channel", Channel.EMAIL))

    @property
    def marketing(self) -> bool:
        return self.step["settings"].get("category", MARKETING) == MARKETING

    def consent(self, row: Claimed) -> tuple[str, dict[str, Any]] | None:
        """The question whether this recipient still agrees, with the key filled in."""
        if not (self.marketing and self.step.get("consent_now")):
            return None
        asked = Statement.from_dict(self.step["consent_now"]).bind(**row.keys())
        return asked.text, dict(asked.params)


def send_some(task_id: int, seconds: float = 25) -> int:
    """Send for a while; returns how many messages were tried. 0 means there is nothing to do for now."""
    task = Task.objects.select_related("run").get(pk=task_id)
    if task.run.status != RunStatus.RUNNING:
        return 0
    work = Work.of(task)
    account = accounts.choose(work.channel, work.sender)
    if accounts.resting(account):
        return 0
    ledger.durable()
    with journal.opened() as book, stop_signal() as stop:
        return Shift(work, account, book, stop, time.monotonic() + seconds).run()


class Shift:
    """One worker's sending: one journal, one connection, batch after batch until the time is up."""

    def __init__(self, work: Work, account: ProviderAccount, book: Journal, stop: threading.Event, until: float) -> None:
        self.work, self.account, self.book, self.stop, self.until = work, account, book, stop, until
        self.held: list[Claimed] = []
        self.tried = 0

    @property
    def over(self) -> bool:
        return self.stop.is_set() or time.monotonic() >= self.until

    def run(self) -> int:
        try:
            self.held = ledger.claim(self.work.task, self.book.owner)
            if self.held:
                with accounts.provider_of(self.account).connect(self.account.settings) as line:
                    self.batches(line)
        except SendError as error:
            log.warning("Task %s, account %s: %s", self.work.task.pk, self.account.pk, error)
            self.book.clean = True  # no dot has left
            self.give_back()
            accounts.failed(self.account, self.work.task, str(error))
        except (Stopped, DatabaseError) as error:
            log.warning("Task %s: sending stopped: %s", self.work.task.pk, error)
        finally:
            self.give_back()
        return self.tried

    def batches(self, line: Connection) -> None:
        while self.held and not self.over:
            while self.held and not self.over:
                self.book.clean = False
                self.one(line, self.held[0])
                self.book.clean = True
                self.held.pop(0)
                self.tried += 1
            if not self.over:
                self.held = ledger.claim(self.work.task, self.book.owner)

    def give_back(self) -> None:
        """What was claimed and not touched is free again at once; if that fails, the reaper frees it."""
        held, self.held = self.held, []
        try:
            ledger.release(held)
        except DatabaseError as error:
            log.warning("Task %s: %s messages wait for the end of their lease: %s", self.work.task.pk, len(held), error)
            self.book.clean = False

    # --- one message --------------------------------------------------------------------------------------------------

    def one(self, line: Connection, row: Claimed) -> None:
        self.write(WORKING, row)
        message = self.rendered(row)
        if message is None:
            return
        refused = line.offer(message)
        if refused:
            self.record(row, refused)
            return
        accounts.worked(self.account)
        with undisturbed():
            self.dot(line, row)

    def rendered(self, row: Claimed) -> OutgoingMessage | None:
        """The mail as bytes, or None when this one cannot be made; the others go on."""
        try:
            return make(self.work, row)
        except InvalidAddress as error:
            ledger.set_aside(row, MessageState.SUPPRESSED, Reason.INVALID_ADDRESS, str(error))
        except Exception as error:  # whatever a template, a filter or a value can do, it concerns one message only
            log.warning("Message %s of run %s could not be rendered: %s", row.id, self.work.task.run_id, type(error).__name__)
            text = str(error) if isinstance(error, ComposeError) else f"{type(error).__name__}: {error}"
            ledger.set_aside(row, MessageState.FAILED, Reason.RENDERING, text.replace("\x00", " "))
        return None

    def dot(self, line: Connection, row: Claimed) -> None:
        """From the point of no return to the record; nothing may come in between."""
        try:
            passed = ledger.pass_point(row, self.work.marketing, self.work.consent(row))
        except DatabaseError:
            line.abandon()  # whether the commit arrived only the database knows; the journal tells that no dot has left
            raise
        if not passed:
            line.abandon()
            ledger.refuse(row, self.work.marketing, self.refused_consent(row))
            return
        if not line.still_there():
            self.record(row, Reply(MessageState.QUEUED, _("The mail server hung up before the final dot.")))
            return
        self.write(DOT, row, line)
        reply = line.commit()
        self.write(ANSWER, row, None, reply)
        self.record(row, reply)

    def refused_consent(self, row: Claimed) -> bool:
        consent = self.work.consent(row)
        return bool(consent) and not ledger.agrees(*consent)  # type: ignore[misc]

    def write(self, mark: str, row: Claimed, line: Connection | None = None, reply: Reply | None = None) -> None:
        """A line in the journal. Without a journal nothing is sent; an answer is recorded all the same."""
        try:
            self.book.write(mark, row.id, row.claim, reply)
        except OSError as error:
            log.error("Task %s, message %s: the journal cannot be written: %s", self.work.task.pk, row.id, error)
            if mark == ANSWER:
                return
            if line:
                line.abandon()
                self.record(row, Reply(MessageState.QUEUED, _("The journal could not be written; nothing was sent.")))
            raise Stopped(str(error)) from error

    def record(self, row: Claimed, reply: Reply) -> None:
        """Until it is written: the database may be away for a while, the answer will not come again."""
        until, pause = time.monotonic() + RECORD_SECONDS, 0.2
        while True:
            try:
                if not record(row.id, row.claim, reply, row.attempt + 1):
                    log.warning("Message %s was not ours any more when the answer came: %s", row.id, reply.state)
                return
            except DatabaseError as error:
                if connection.in_atomic_block or time.monotonic() > until or self.stop.is_set():
                    raise
                log.warning("Message %s: the answer waits for the database: %s", row.id, type(error).__name__)
                connection.close()
                time.sleep(pause)
                pause = min(pause * 2, 5)


def make(work: Work, row: Claimed) -> OutgoingMessage:
    """Render and compose; pure but for the site's address and keys, and the same bytes at each try."""
    recipient = checked_address(row.address)
    unsubscribe = track.unsubscribe_url(row)

    def link_for(index: int, url: str) -> str:
        return track.link_for(row, index, url)

    rendered = render(work.content, row.context, link_for=link_for, open_url=track.open_url(row), unsubscribe_url=unsubscribe)
    sender, run = work.sender, work.task.run
    mail = Mail(
        from_name=sender["from_name"],
        from_email=sender["from_email"],
        reply_to=sender.get("reply_to") or "",
        to=recipient,
        subject=rendered.subject,
        date=row.created_at,
        message_id=row.message_id,
        text=rendered.text,
        html=rendered.html,
        language=work.content.language,
        unsubscribe_url=unsubscribe if work.marketing else "",
        feedback_id=f"{work.task.activity_uid}:{run.version_id}:{run.pk}:{settings.SENDING_DOMAIN}",
    )
    return OutgoingMessage(row.id, sender["from_email"], recipient, compose(mail))


# --- signals ----------------------------------------------------------------------------------------------------------


@contextmanager
def undisturbed() -> Iterator[None]:
    """No alarm (a job's time limit) and no request to end between the point of no return and the record."""
    signals = {signal.SIGALRM, signal.SIGTERM, signal.SIGINT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """SIGTERM finishes the message in hand and gives the others back."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    before: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGTERM, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)
