"""The local inbox: keeps what it is sent, shows it harmlessly, and is honest about the rest."""

import socket
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection
from django.test import Client

from orchestration import deliver, inbox
from orchestration.management.commands.run_inbox import Keeper
from orchestration.models import Event, InboxMail, Message, Suppression
from orchestration.tests.sending import Plain, filled, plain_render

pytestmark = pytest.mark.django_db
XSS = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def signed_in(*permissions: str) -> Client:
    user = get_user_model().objects.create_user("reader", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def mail(subject: str = "Hello", html: str = "<p>Hi</p>", text: str = "Hi", to: str = "ann@example.org", **headers: str) -> InboxMail:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Shop <shop@example.org>", to, subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    inbox.store("shop@example.org", [to], made.as_bytes())
    return InboxMail.objects.latest("id")


@pytest.mark.django_db(transaction=True)
def test_it_works(settings, monkeypatch) -> None:
    """From the ledger through a real SMTP server into the inbox, and from there back to the figures."""
    monkeypatch.setattr(deliver, "Prepared", Plain)
    monkeypatch.setattr(deliver, "render", plain_render)
    keeper = Keeper()
    controller = Controller(keeper, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)
    controller.port = free_port()
    controller.start()
    try:
        settings.EMAIL_URL, settings.INBOX_PORT = f"smtp://127.0.0.1:{controller.port}", controller.port
        task = filled(3)
        assert inbox.in_use() and deliver.send_some(task.pk) == 3
    finally:
        controller.stop()
        keeper.thread.submit(lambda: connection.close()).result()
        keeper.thread.shutdown()
    assert sorted(InboxMail.objects.values_list("message_id", flat=True)) == sorted(Message.objects.values_list("message_id", flat=True))
    client, kept = signed_in("view_inboxmail"), InboxMail.objects.first()
    opened = inbox.open_mail(kept.raw)
    assert opened.unsubscribe_url and f'action="{opened.unsubscribe_url}"' in client.get(f"/admin/inbox/?mail={kept.pk}").content.decode()
    assert client.post(opened.unsubscribe_url.removeprefix(settings.BASE_URL), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Suppression.objects.count() == 1 and Event.objects.count() == 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def test_what_cannot_be_kept_is_not_accepted(monkeypatch) -> None:
    monkeypatch.setattr("orchestration.management.commands.run_inbox.store", broken)
    monkeypatch.setattr(connection, "close", lambda: None)
    assert Keeper().keep("a@example.org", ["b@example.org"], b"").startswith("451")


def broken(*_words) -> None:
    raise OperationalError


def test_search_and_pages() -> None:
    client = signed_in("view_inboxmail")
    assert "No mail yet" in client.get("/admin/inbox/").content.decode()
    for n in range(35):
        mail(f"Offer {n}", to=f"p{n}@example.org")
    page = client.get("/admin/inbox/").content.decode()
    assert "p34@example.org" in page and "p3@example.org" not in page and "Older" in page
    assert "p3@example.org" in client.get("/admin/inbox/?page=2").content.decode()
    assert "p17@example.org" in client.get("/admin/inbox/?q=OFFER+17").content.decode()
    assert "No mail has" in client.get("/admin/inbox/?q=nobody").content.decode()


@pytest.mark.parametrize(
    "query", ["page=x", "page=99", "mail=x", "mail=999", "mail=" + "9" * 40, "tab=../etc", "q=%00", "q=%25%5C_", "mail=-1", "mail=²"]
)
def test_garbage_in_the_address_is_no_error(query) -> None:
    mail()
    assert signed_in("view_inboxmail").get(f"/admin/inbox/?{query}").status_code == 200


@pytest.mark.parametrize("tab", ["html", "text", "headers"])
def test_what_senders_write_stays_text(tab) -> None:
    """SE-12."""
    kept = mail(XSS, XSS, XSS, X_Evil=XSS)
    page = signed_in("view_inboxmail").get(f"/admin/inbox/?mail={kept.pk}&tab={tab}&q={XSS[:9]}").content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and "&lt;script&gt;" in page


def test_html_is_shown_in_a_cage() -> None:
    kept = mail(html='<html><head><title>x</title></head><body><a href="https://shop.example.org">Go</a></body></html>')
    client = signed_in("view_inboxmail")
    page = client.get(f"/admin/inbox/?mail={kept.pk}").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    response = client.get(f"/admin/inbox/{kept.pk}/html/")
    rules = response["Content-Security-Policy"]
    assert (
        "default-src 'none'" in rules
        and "sandbox allow-popups" in rules
        and "allow-scripts" not in rules
        and "allow-same-origin" not in rules
    )
    assert '<head><base target="_blank"><title>' in response.content.decode()


def test_no_button_for_a_foreign_unsubscribe_address() -> None:
    kept = mail(List_Unsubscribe="<https://evil.example/u/x>", List_Unsubscribe_Post="List-Unsubscribe=One-Click")
    assert not inbox.open_mail(kept.raw).unsubscribe_url


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"From: " + b"<" * 5000 + b"\r\n\r\n",
        b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>x",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"To: a@b>\r\n\tx\r\nDate: never\r\nMessage-ID: <<>>\r\n\r\n",
    ],
)
def test_mail_of_any_kind_can_be_kept_and_read(raw) -> None:
    inbox.store("a@example.org", ["b@example.org", "c@example.org"], raw)
    client = signed_in("view_inboxmail")
    kept = InboxMail.objects.latest("id")
    assert InboxMail.objects.count() == 2
    for path in (f"/admin/inbox/?mail={kept.pk}", f"/admin/inbox/?mail={kept.pk}&tab=headers", f"/admin/inbox/{kept.pk}/html/"):
        assert client.get(path).status_code == 200


def test_only_for_those_who_may() -> None:
    kept = mail()
    for client, status in ((signed_in(), 403), (Client(), 302)):
        for path in ("/admin/inbox/", f"/admin/inbox/{kept.pk}/html/"):
            assert client.get(path).status_code == status


def test_it_says_when_mail_goes_elsewhere(settings) -> None:
    settings.EMAIL_URL = "smtp+tls://u:secret@mail.example.org:587"
    page = signed_in("view_inboxmail").get("/admin/inbox/").content.decode()
    assert "Mail goes to mail.example.org now" in page and "secret" not in page


def test_only_our_own_pages_may_frame_a_mail() -> None:
    client, kept = signed_in("view_inboxmail"), mail()
    assert client.get(f"/admin/inbox/{kept.pk}/html/").headers["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get("/admin/inbox/").headers["X-Frame-Options"] == "DENY"
