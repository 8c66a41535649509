"""Compose: one mail as bytes. The same message gives the same bytes at every try, and no value can add a header."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

WORD_BYTES = 45  # of UTF-8 in one encoded word, so that a line stays within 76 characters
PLAIN_LENGTH = 60  # longer values are encoded, which also folds them
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ADDRESS = re.compile(r"^[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f-\x9f\u2028\u2029]+@[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
MESSAGE_ID = re.compile(r"^<[0-9a-f]+@[A-Za-z0-9.-]+>$")
URL = re.compile(r"^https?://[!-~]+$")
LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
NAME = re.compile(rb"^([A-Za-z][A-Za-z0-9-]*): ")


class ComposeError(ValueError):
    """The message cannot be sent as it is; the text is for people."""


@dataclass(frozen=True)
class Mail:
    """All that a mail is made of."""

    from_name: str
    from_email: str
    to: str
    subject: str
    date: datetime
    message_id: str
    text: str
    html: str
    reply_to: str = ""
    language: str = ""
    unsubscribe_url: str = ""
    feedback_id: str = ""


def compose(mail: Mail) -> bytes:
    """The complete mail, with CRLF and nothing but ASCII in it unless an address itself is international."""
    boundary = b"=_" + mail.message_id.encode("ascii", "replace").strip(b"<>").partition(b"@")[0]
    fields = headers(mail, boundary)
    head = b"\r\n".join(name.encode() + b": " + value.encode() for name, value in fields) + b"\r\n\r\n"
    check(head, [name for name, _value in fields])
    parts = [part(mail.text, b"plain"), part(mail.html, b"html")]
    body = b"".join(b"--" + boundary + b"\r\n" + piece + b"\r\n" for piece in parts)
    return head + body + b"--" + boundary + b"--\r\n"


def headers(mail: Mail, boundary: bytes) -> list[tuple[str, str]]:
    if not MESSAGE_ID.match(mail.message_id):
        raise ComposeError("The Message-ID is not usable.")
    found = [
        ("From", mailbox(mail.from_name, mail.from_email)),
        ("To", address(mail.to)),
        ("Subject", words("Subject", mail.subject)),
        ("Date", format_datetime(mail.date)),
        ("Message-ID", mail.message_id),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary.decode()}"'),
    ]
    if mail.reply_to:
        found.append(("Reply-To", address(mail.reply_to)))
    if mail.language:
        found.append(("Content-Language", matching(LANGUAGE, mail.language, "Content-Language")))
    if mail.unsubscribe_url:
        found.append(("List-Unsubscribe", f"<{matching(URL, mail.unsubscribe_url, 'List-Unsubscribe')}>"))
        found.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if mail.feedback_id:
        found.append(("Feedback-ID", matching(re.compile(r"^[A-Za-z0-9:._-]+$"), mail.feedback_id, "Feedback-ID")))
    return found


def words(name: str, value: str) -> str:
    """A free text as a header value; control characters are refused, not repaired: somebody put them there."""
    if CONTROL.search(value):
        raise ComposeError(f"{name} contains a line break or another control character.")
    if value.isascii() and len(value) <= PLAIN_LENGTH and "=?" not in value:
        return value
    return encoded(value)


def encoded(value: str) -> str:
    """RFC 2047 words; no character is cut in two."""
    pieces, piece = [], b""
    for character in value:
        raw = character.encode("utf-8")
        if len(piece) + len(raw) > WORD_BYTES:
            pieces.append(piece)
            piece = b""
        piece += raw
    pieces.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in pieces)


def mailbox(name: str, email: str) -> str:
    shown = words("The sender's name", name)
    if not shown:
        return address(email)
    if "=?" not in shown:
        shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown}\r\n <{address(email)}>"


def address(value: str) -> str:
    return matching(ADDRESS, value, "An address")


def matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.match(value):
        raise ComposeError(f"{what} cannot be used in a header.")
    return value


def part(content: str, kind: bytes) -> bytes:
    """Quoted-printable where it stays readable, base64 where most characters are not ASCII."""
    data = content.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    if len(data) > 1.5 * len(content):
        encoding, body = b"base64", base64.encodebytes(data)
    else:
        encoding, body = b"quoted-printable", binascii.b2a_qp(data)
    head = b"Content-Type: text/" + kind + b'; charset="utf-8"\r\nContent-Transfer-Encoding: ' + encoding + b"\r\n\r\n"
    return head + body.replace(b"\n", b"\r\n")


def check(head: bytes, intended: list[str]) -> None:
    """Read the finished bytes again: exactly the headers that were meant, each once, no line that starts something else."""
    lines = head.removesuffix(b"\r\n\r\n").replace(b"\r\n ", b" ").split(b"\r\n")
    found = [match[1].decode() if (match := NAME.match(line)) else "" for line in lines]
    if found != intended or len(set(found)) != len(found) or any(b"\r" in line or b"\n" in line for line in lines):
        raise ComposeError("The headers of the message are not the intended ones.")
