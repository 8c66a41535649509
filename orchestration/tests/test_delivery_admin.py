"""The admin of delivery: what the engine writes is read-only, secrets are never shown, addresses are not kept."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from orchestration import receive, suppress
from orchestration.choices import SuppressionKind
from orchestration.models import Message, ProviderAccount, Suppression
from orchestration.tests.sending import filled, step
from orchestration.tests.sink import sink

pytestmark = pytest.mark.django_db
XSS = "<script>alert(1)</script>"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def real_step() -> dict:
    content = {
        "subject": "Hello {{ customer.first_name }}", "preheader": "", "html": "<p>Hi {{ customer.first_name }}</p>", "text": "Hi",
        "links": [], "language": "en",
    }  # fmt: skip
    return step(content=content)


def test_messages_are_found_and_shown_again(client) -> None:
    filled(0, real_step(), [([n], f"p{n}@example.org", True, {"customer": {"first_name": XSS}}) for n in range(3)] + [([9], None, True)])
    page = client.get("/admin/orchestration/message/").content.decode()
    assert "p0@example.org" in page and "No address" in page
    assert "p1@example.org" not in client.get("/admin/orchestration/message/?q=P2@Example.org").content.decode()
    assert "p1@example.org" in client.get("/admin/orchestration/message/?q=p1").content.decode()
    message = Message.objects.get(address="p1@example.org")
    assert client.get(f"/admin/orchestration/message/?run__id__exact={message.run_id}&state__exact=queued").status_code == 200
    shown = client.get(f"/admin/orchestration/message/{message.pk}/change/", follow=True)
    assert shown.redirect_chain[0][0] == f"/admin/messages/{message.pk}/preview/"
    assert "&lt;script&gt;" in shown.content.decode() and XSS not in shown.content.decode()
    body = client.get(f"/admin/messages/{message.pk}/preview/html/")
    assert "&lt;script&gt;" in body.content.decode() and "default-src 'none'" in body["Content-Security-Policy"]
    none = Message.objects.get(address="")
    assert "was never to be sent" in client.get(f"/admin/messages/{none.pk}/preview/").content.decode()


def test_nothing_of_the_ledger_can_be_changed(client) -> None:
    filled(1)
    message = Message.objects.get()
    receive.event(message.token, "opened", detail={"agent": XSS})
    event = message.events.get()
    for path in ("message/add/", "event/add/", f"message/{message.pk}/delete/", f"event/{event.pk}/delete/"):
        assert client.get(f"/admin/orchestration/{path}").status_code == 403
    page = client.get(f"/admin/orchestration/event/{event.pk}/change/").content.decode()
    assert XSS not in page and client.get("/admin/orchestration/event/").status_code == 200


def test_an_address_is_suppressed_by_hand(client) -> None:
    given = {"channel": "email", "address": " Ann@Example.org ", "kind": "blocked", "note": "asked by phone"}
    assert client.post("/admin/orchestration/suppression/add/", given).status_code == 302
    kept = Suppression.objects.get()
    assert (kept.address_hash, kept.hint, kept.kind) == (suppress.address_hash("ann@example.org"), "a…@example.org", "blocked")
    assert "already" in client.post("/admin/orchestration/suppression/add/", given).content.decode()
    assert client.post("/admin/orchestration/suppression/add/", {**given, "address": "no address"}).status_code == 200
    page = client.get("/admin/orchestration/suppression/?q=ANN@example.org").content.decode()
    assert "a…@example.org" in page
    assert client.get(f"/admin/orchestration/suppression/{kept.pk}/change/").status_code == 200
    assert client.post(f"/admin/orchestration/suppression/{kept.pk}/change/", {"note": "new"}).status_code == 302
    kept.refresh_from_db()
    assert (kept.note, kept.kind) == ("new", SuppressionKind.MANUAL)


ACCOUNT = {
    "name": "Relay",
    "provider": "smtp",
    "active": "on",
    "setting_host": "mail.example.org",
    "setting_port": "587",
    "setting_security": "starttls",
}


def test_secrets_go_in_and_never_come_out(client) -> None:
    given = {**ACCOUNT, "setting_username": "shop", "setting_password": " s3cret "}
    assert client.post("/admin/orchestration/provideraccount/add/", given).status_code == 302
    account = ProviderAccount.objects.get()
    assert account.settings["password"] == " s3cret " and account.settings["port"] == 587
    page = client.get(f"/admin/orchestration/provideraccount/{account.pk}/change/").content.decode()
    assert "mail.example.org" in page and "s3cret" not in page
    changed = client.post(
        f"/admin/orchestration/provideraccount/{account.pk}/change/", {**given, "setting_host": "mx.example.org", "setting_password": ""}
    )
    assert changed.status_code == 302
    account.refresh_from_db()
    assert (account.settings["host"], account.settings["password"]) == ("mx.example.org", " s3cret ")


def test_settings_are_judged_by_the_provider(client) -> None:
    wrong = client.post("/admin/orchestration/provideraccount/add/", {**ACCOUNT, "setting_port": "99999"})
    assert wrong.status_code == 200 and not ProviderAccount.objects.exists()
    lost = client.post("/admin/orchestration/provideraccount/add/", {**ACCOUNT, "setting_host": "", "setting_password": "x"})
    assert "Name the server" in lost.content.decode()
    assert client.post("/admin/orchestration/provideraccount/add/", {**ACCOUNT, "setting_host": ""}).status_code == 302
    assert ProviderAccount.objects.get().settings == {}


def test_test_connection_needs_a_post(client) -> None:
    with sink() as server:
        account = ProviderAccount.objects.create(
            name="Relay", provider="smtp", settings={"host": "127.0.0.1", "port": server.port, "security": "none"}
        )
        path = f"/admin/orchestration/provideraccount/{account.pk}/test-connection/"
        assert client.get(path, follow=True).status_code == 200 and server.connections == 0
        assert "answers and accepts us" in client.post(path, follow=True).content.decode() and server.connections == 1
    assert "does not answer" in client.post(path, follow=True).content.decode()


def test_lists_open(client) -> None:
    ProviderAccount.objects.create(name="Relay", provider="smtp")
    for name in ("provideraccount", "suppression", "event", "message"):
        assert client.get(f"/admin/orchestration/{name}/").status_code == 200
    assert client.get("/admin/orchestration/inboxmail/").status_code == 302
