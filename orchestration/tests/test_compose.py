"""Mails as bytes: nothing but the intended headers, whatever is in the data; the same bytes each time."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.channels.smtp import from_url, stuffed, translate
from orchestration.compose import ComposeError, Mail, compose
from orchestration.exceptions import SendError
from orchestration.recipient import InvalidAddress, checked_address

MAIL = Mail(
    from_name="Shop", from_email="shop@example.org", to="ann@example.org", subject="Hello", date=datetime(2026, 11, 23, 12, tzinfo=UTC),
    message_id="<0123456789abcdef0123456789abcdef@tutti.localhost>", text="Hi\n", html="<p>Hi</p>", reply_to="reply@example.org",
    language="fr", unsubscribe_url="https://tutti.example/u/abc", feedback_id="mail1:1:2:tutti.localhost",
)  # fmt: skip
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To", "Content-Language",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID",
]  # fmt: skip
BREAKS = ["\r", "\n", "\r\n", "\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x00", "\x1c", "\x1e"]
INJECTIONS = [f"x{end}Bcc: all@example.org" for end in BREAKS] + ["x\r\n\r\n<html>", "\n", "x\r\n .", "\x7f"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300)


def read(data: bytes):
    return message_from_bytes(data, policy=policy.default)


def test_it_works() -> None:
    data = compose(MAIL)
    mail = read(data)
    assert mail.keys() == HEADERS and not mail.defects
    assert mail["From"] == "Shop <shop@example.org>" and mail["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
    assert mail["List-Unsubscribe"] == "<https://tutti.example/u/abc>" and data == compose(MAIL)
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "field", ["subject", "from_name", "from_email", "to", "reply_to", "message_id", "language", "unsubscribe_url", "feedback_id"]
)
@pytest.mark.parametrize("value", INJECTIONS)
def test_line_breaks_are_refused_in_every_header(field, value) -> None:
    """SE-50."""
    with pytest.raises(ComposeError):
        compose(replace(MAIL, **{field: value}))


@pytest.mark.parametrize("value", ["=?utf-8?q?a=0D=0ABcc=3A_e=40x?=", "=?utf-8?b?DQpCY2M6IGVAeA==?=", "a =?x?="])
def test_encoded_words_in_the_data_are_only_text(value) -> None:
    mail = read(compose(replace(MAIL, subject=value, from_name=value)))
    assert mail["Subject"] == value and mail.keys() == HEADERS and mail["From"].addresses[0].display_name == value


@pytest.mark.parametrize(
    "address",
    ["a@b>\r\nRCPT TO:<c@d", '"a\r\nb"@example.org', "a b@example.org", "", "<>", "a@b, c@d", "alice@example.org)bob@example.com",
     "group: a@b.example;", "a@[127.0.0.1]", "a@b@c.example", "Ann <ann@example.org>", "a\x00@example.org", "a@example.org."],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(address) -> None:
    """SE-51, SE-53."""
    with pytest.raises(InvalidAddress):
        checked_address(address)


@pytest.mark.parametrize(
    "address", ["ann@example.org", "a.b+c@sub.example.co.uk", "ü@example.org", "x_y-z@x-1.example", "o'neil@example.org"]
)
def test_good_addresses_pass(address) -> None:
    assert checked_address(address) == address


@settings(max_examples=150, deadline=None)
@given(subject=PRINTABLE, name=PRINTABLE, text=TEXTS, html=TEXTS)
def test_what_goes_in_comes_out(subject, name, text, html) -> None:
    """CO-07."""
    data = compose(replace(MAIL, subject=subject, from_name=name, text=text, html=html))
    wire = stuffed(data)
    assert b"\r" not in wire.replace(b"\r\n", b"") and b"\n" not in wire.replace(b"\r\n", b"") and data.isascii()
    assert max(map(len, wire.split(b"\r\n"))) <= 998 and wire.endswith(b"\r\n") and b"\r\n.\r\n" not in wire
    mail = read(data)
    assert mail.keys() == HEADERS and [a.addr_spec for a in mail["From"].addresses] == ["shop@example.org"]
    assert "".join(mail["Subject"].split()) == "".join(subject.split())
    plain, rich = mail.iter_parts()
    assert lines(plain.get_payload(decode=True)) == lines(text.encode())
    assert lines(rich.get_payload(decode=True)) == lines(html.encode())


def lines(content: bytes) -> list[bytes]:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")


@pytest.mark.parametrize("body", ["a\n.\nQUIT\n", ".\r\n", "a\r.\rb", "a\n.\r\nMAIL FROM:<x@y>", "..\n.", "x" * 5000 + "\n."])
def test_no_body_ends_the_conversation_early(body) -> None:
    """SE-52."""
    for content in (body, "é" * 5 + body):
        wire = stuffed(compose(replace(MAIL, text=content, html=content)))
        assert b"\r\n.\r\n" not in wire and not wire.startswith(b".\r\n")
        assert all(line.startswith(b"..") for line in wire.split(b"\r\n") if line.startswith(b"."))
    assert b"\r\n.\r\n" not in stuffed(body.encode()) and not stuffed(body.encode()).startswith(b".\r\n")


@pytest.mark.parametrize(
    ("stage", "code", "text", "state", "pause", "bad"),
    [
        ("DOT", 250, b"2.0.0 ok", "sent", False, False),
        ("RCPT", 550, b"5.1.1 unknown", "failed", False, True),
        ("RCPT", 550, b"5.2.1 disabled", "failed", False, True),
        ("RCPT", 552, b"5.2.2 mailbox full", "failed", False, False),
        ("RCPT", 550, b"No such user here", "failed", False, True),
        ("RCPT", 550, b"5.7.1 blocked", "failed", True, False),
        ("DOT", 554, b"looks like spam", "failed", True, False),
        ("MAIL", 550, b"5.1.8 bad sender", "failed", True, False),
        ("DOT", 421, b"4.7.0 later", "queued", False, False),
        ("DOT", 354, b"what", "unknown", False, False),
        ("RCPT", 354, b"what", "queued", False, False),
    ],
)  # fmt: skip
def test_replies_are_translated(stage, code, text, state, pause, bad) -> None:
    """CO-12 to CO-14."""
    reply = translate(stage, code, text)
    assert (reply.state, reply.pause_run, reply.bad_address) == (state, pause, bad)


def test_mail_server_from_a_url() -> None:
    found = from_url("smtp+tls://shop%40x:se%3Acret@mail.example.org")
    assert found == {"host": "mail.example.org", "port": 587, "security": "starttls", "username": "shop@x", "password": "se:cret"}
    assert from_url("smtp://127.0.0.1:2525")["security"] == "none" and from_url("smtp+ssl://h")["port"] == 465
    for bad in ("", "http://x", "smtp:///"):
        with pytest.raises(SendError, match="EMAIL_URL"):
            from_url(bad)
