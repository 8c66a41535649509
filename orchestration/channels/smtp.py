"""SMTP: the conversation in two halves, so that the point of no return is committed before the final dot."""

import re
import select
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django import forms
from django.conf import settings as site
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.choices import Channel
from orchestration.channels.base import OutgoingMessage, Provider, Reply
from orchestration.choices import MessageState
from orchestration.exceptions import SendError

COMMAND_SECONDS = 60  # for everything but the final dot
MAX_REPLY_LINES, MAX_REPLY_LINE = 100, 8192
SECURITY = {"smtp": "none", "smtp+tls": "starttls", "smtp+ssl": "tls", "smtps": "tls"}
ENHANCED = re.compile(rb"\b5\.(\d{1,3})\.(\d{1,3})\b")
BAD_ADDRESS = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}  # RFC 3463: it does not exist, or not any more
UNKNOWN_USER = re.compile(
    rb"(user|recipient|mailbox|address) (is )?(unknown|not found|does not exist)|unknown (user|recipient)|no such (user|recipient|mailbox)",
    re.I,
)
POLICY = re.compile(rb"spam|blocked|blacklist|blocklist|policy", re.I)
ENVELOPE = re.compile(r"^[^\s<>\x00-\x1f\x7f-\x9f\u2028\u2029]+@[^\s<>@\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
HUNG_UP = (OSError, smtplib.SMTPException)  # SMTPServerDisconnected, timeouts, resets


class SmtpForm(forms.Form):
    host = forms.CharField(label=gettext_lazy("Server"), max_length=253, required=False)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("starttls", gettext_lazy("STARTTLS (usual on port 587)")),
            ("tls", gettext_lazy("TLS (usual on port 465)")),
            ("none", gettext_lazy("None")),
        ],
        help_text=gettext_lazy("With encryption, nothing is sent to a server whose certificate is not valid for its name."),
    )
    username = forms.CharField(label=gettext_lazy("User name"), required=False, max_length=255)
    password = forms.CharField(label=gettext_lazy("Password"), required=False, max_length=500, strip=False, widget=forms.PasswordInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("host"):
            return given
        if given.get("username") or given.get("password"):
            self.add_error("host", _("Name the server that these belong to."))
        return {}


class Smtp(Provider):
    """Any mail server that speaks SMTP.

    Leave the server empty to use the one that the site was started with (EMAIL_URL).
    """

    key = "smtp"
    label = gettext_lazy("SMTP server")
    channel = Channel.EMAIL
    Form = SmtpForm
    secret_fields = ("password",)

    @contextmanager
    def connect(self, settings: dict[str, Any]) -> Iterator["Line"]:
        line = Line(options(settings))
        line.open()
        try:
            yield line
        finally:
            line.quit()

    def probe(self, settings: dict[str, Any]) -> str:
        where = options(settings)
        with self.connect(settings):
            return _("%(host)s answers and accepts us.") % {"host": where["host"]}


def options(settings: dict[str, Any]) -> dict[str, Any]:
    """The account's own settings, or those of EMAIL_URL."""
    if settings.get("host"):
        return {"port": 587, "security": "starttls", "username": "", "password": "", **settings}
    return from_url(site.EMAIL_URL)


def from_url(url: str) -> dict[str, Any]:
    """smtp://user:password@host:port, smtp+tls:// for STARTTLS, smtp+ssl:// for TLS from the first byte."""
    parts = urlsplit(url)
    if parts.scheme not in SECURITY or not parts.hostname:
        raise SendError(_("EMAIL_URL is not understood. It looks like smtp+tls://user:password@mail.example.org:587."), permanent=True)
    security = SECURITY[parts.scheme]
    if parse_qs(parts.query).get("tls", [""])[0].lower() in ("1", "true", "yes"):
        security = "starttls"
    port = parts.port or {"none": 25, "starttls": 587, "tls": 465}[security]
    return {
        "host": parts.hostname,
        "port": port,
        "security": security,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }


class Bounded:
    """Reads replies of a limited size: a server may send anything."""

    def getreply(self: Any) -> tuple[int, bytes]:
        if self.file is None:
            self.file = self.sock.makefile("rb")
        lines = []
        for _number in range(MAX_REPLY_LINES):
            try:
                line = self.file.readline(MAX_REPLY_LINE + 1)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(f"No reply: {error}") from error
            if not line or len(line) > MAX_REPLY_LINE or not re.match(rb"[2-5]\d\d[ \r\n-]", line):
                self.close()
                raise smtplib.SMTPServerDisconnected("Connection closed" if not line else "Not an SMTP reply")
            lines.append(line[4:].strip(b" \t\r\n"))
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)
        self.close()
        raise smtplib.SMTPServerDisconnected("The reply has too many lines")


class Plain(Bounded, smtplib.SMTP):
    pass


class Encrypted(Bounded, smtplib.SMTP_SSL):
    pass


class Line:
    """One connection for many messages; it is opened again when the other side closes it."""

    def __init__(self, where: dict[str, Any]) -> None:
        self.where = where
        self.server: smtplib.SMTP | None = None

    # --- opening and closing ------------------------------------------------------------------------------------------

    def open(self) -> None:
        try:
            self.server = self.dial()
        except HUNG_UP as error:
            self.close()
            raise SendError(self.complaint(error), permanent=isinstance(error, smtplib.SMTPAuthenticationError)) from error

    def dial(self) -> smtplib.SMTP:
        where = self.where
        context = None if where["security"] == "none" else ssl.create_default_context()
        words: dict[str, Any] = {"timeout": COMMAND_SECONDS, "local_hostname": site.SENDING_DOMAIN}
        if where["security"] == "tls":
            server: smtplib.SMTP = Encrypted(where["host"], where["port"], context=context, **words)
        else:
            server = Plain(where["host"], where["port"], **words)
        self.server = server
        # The final dot is a packet of its own; with Nagle's algorithm it would wait 40 ms for an acknowledgement.
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # type: ignore[union-attr]
        server.ehlo_or_helo_if_needed()
        if where["security"] == "starttls":
            server.starttls(context=context)  # raises when it is not offered: a stripped offer must not mean plain text
            server.ehlo()
        if where["username"]:
            server.login(where["username"], where["password"])
        return server

    def complaint(self, error: Exception) -> str:
        """What went wrong at the door, without any secret in it."""
        place = {"host": self.where["host"], "port": self.where["port"]}
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return _("%(host)s does not accept the user name and password. Correct them in the provider account.") % place
        if isinstance(error, smtplib.SMTPResponseException):
            return _("%(host)s refuses connections: %(code)s %(text)s") % {
                **place,
                "code": error.smtp_code,
                "text": shown(error.smtp_error),
            }
        return _("%(host)s, port %(port)s does not answer: %(error)s") % {**place, "error": str(error)[:200]}

    def close(self) -> None:
        if self.server:
            self.server.close()
        self.server = None

    def quit(self) -> None:
        if self.server:
            with suppress(*HUNG_UP):
                self.server.quit()
        self.close()

    # --- one message --------------------------------------------------------------------------------------------------

    def offer(self, message: OutgoingMessage) -> Reply | None:
        if not (ENVELOPE.match(message.sender) and ENVELOPE.match(message.recipient)):
            return Reply(MessageState.FAILED, _("The address cannot be used in an envelope."))
        if self.server is None:
            self.open()
        try:
            return self.envelope_and_body(message)
        except HUNG_UP as error:
            self.close()
            return Reply(MessageState.QUEUED, _("Connection lost before the end of the message: %(error)s") % {"error": str(error)[:200]})

    def envelope_and_body(self, message: OutgoingMessage) -> Reply | None:
        server = self.server
        assert server is not None and server.sock is not None
        server.sock.settimeout(COMMAND_SECONDS)
        wide = not (message.sender.isascii() and message.recipient.isascii())
        if wide and not server.has_extn("smtputf8"):
            return Reply(MessageState.FAILED, _("The address needs a mail server that supports SMTPUTF8; this one does not."))
        flags = " SMTPUTF8 BODY=8BITMIME" if wide else ""
        server.command_encoding = "utf-8" if wide else "ascii"
        for stage, command, wanted in (
            ("MAIL", f"MAIL FROM:<{message.sender}>{flags}", 2),
            ("RCPT", f"RCPT TO:<{message.recipient}>", 2),
            ("DATA", "DATA", 3),
        ):
            code, text = server.docmd(command)
            if code // 100 != wanted:
                return self.refused(stage, code, text)
        server.sock.sendall(stuffed(message.data))
        return None

    def refused(self, stage: str, code: int, text: bytes) -> Reply:
        assert self.server is not None
        if code == 421:
            self.close()
        else:
            try:
                self.server.rset()
            except HUNG_UP:
                self.close()
        return translate(stage, code, text)

    def still_there(self) -> bool:
        """A server that said something, or hung up, before the dot has not accepted anything."""
        if self.server is None or self.server.sock is None:
            return False
        sock = self.server.sock
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return self.gone()
        if select.select([sock], [], [], 0)[0]:
            return self.gone()
        return True

    def gone(self) -> bool:
        self.close()
        return False

    def commit(self) -> Reply:
        server = self.server
        assert server is not None and server.sock is not None
        try:
            server.sock.settimeout(site.SMTP_REPLY_SECONDS)
            server.sock.sendall(b".\r\n")
            code, text = server.getreply()
        except HUNG_UP as error:
            self.close()
            return Reply(MessageState.UNKNOWN, _("No answer to the complete message: %(error)s") % {"error": str(error)[:200]})
        if code == 421:
            self.close()
        return translate("DOT", code, text)

    def abandon(self) -> None:
        """Only a closed connection takes back a message whose text has been handed over."""
        self.close()


def stuffed(data: bytes) -> bytes:
    """Ready for the wire: every line ends with CRLF, lines that begin with a dot have two."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not lines.endswith(b"\n"):
        lines += b"\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")


def shown(text: bytes | str) -> str:
    raw = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in raw)[:400]


def translate(stage: str, code: int, text: bytes) -> Reply:
    """A server's words in ours. Refusals for reasons of policy concern us, not the person."""
    said = f"{code} {shown(text)}"
    if code // 100 == 2 and stage == "DOT":
        return Reply(MessageState.SENT, said, code)
    if code // 100 != 5:
        return Reply(MessageState.QUEUED if code // 100 == 4 else after(stage), said, code)
    found = ENHANCED.search(text)
    subject, detail = (int(found[1]), int(found[2])) if found else (0, 0)
    bad = (subject, detail) in BAD_ADDRESS if found else stage == "RCPT" and bool(UNKNOWN_USER.search(text))
    policy = subject == 7 or (not bad and bool(POLICY.search(text))) or stage == "MAIL"
    return Reply(MessageState.FAILED, said, code, pause_run=policy, bad_address=bad and stage != "MAIL" and not policy)


def after(stage: str) -> str:
    """What an answer out of place means: nothing was accepted before the dot, nobody knows after it."""
    return MessageState.UNKNOWN if stage == "DOT" else MessageState.QUEUED
