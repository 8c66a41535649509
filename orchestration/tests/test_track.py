"""Links in mails: only genuine ones do anything, each does one thing, and a GET never unsubscribes."""

import base64
import hmac
import json
import random

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from orchestration import receive, suppress, track
from orchestration.choices import EventKind, SuppressionKind
from orchestration.models import Event, Message, Suppression
from orchestration.tests.sending import filled, step

pytestmark = pytest.mark.django_db
BROWSER = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
URL = "https://shop.example.org/p?id=1&x=ü#top"


@pytest.fixture
def message() -> Message:
    filled(1, step(sender={"from_name": "<b>Shop</b>", "from_email": "shop@example.org"}, recipient="customer", language="en"))
    Message.objects.update(state="sent", sent_at=timezone.now() - timezone.timedelta(minutes=5))
    return Message.objects.get()


@pytest.fixture
def strict() -> Client:
    """As the world sees us: no session, CSRF checks on."""
    return Client(enforce_csrf_checks=True, **BROWSER)


def local(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def test_it_works(message, strict) -> None:
    response = strict.get(local(track.open_url(message)))
    assert response.status_code == 200 and response["Content-Type"] == "image/gif" and "no-store" in response["Cache-Control"]
    response = strict.get(local(track.link_for(message, 3, URL)))
    assert response.status_code == 302 and response["Location"] == "https://shop.example.org/p?id=1&x=%C3%BC#top"
    assert "no-store" in response["Cache-Control"] and response["Referrer-Policy"] == "no-referrer"
    clicked, opened = Event.objects.all()
    assert (opened.kind, opened.machine) == (EventKind.OPENED, False)
    assert (clicked.kind, clicked.url, clicked.link, clicked.machine) == (EventKind.CLICKED, URL, "3", False)
    assert not strict.cookies


@pytest.mark.parametrize(
    "url",
    ["mailto:a@b.example", "tel:+1", "#top", "javascript:alert(1)", "//evil.example", "https://a b", "", "https://x.example/" + "a" * 3000],
)
def test_what_cannot_be_tracked_stays_as_it_is(message, url) -> None:
    assert track.link_for(message, 1, url) == url


# --- tampering --------------------------------------------------------------------------------------------------------


def tokens(message: Message) -> list[tuple[str, str]]:
    return [
        ("/o/%s.gif", local(track.open_url(message))[3:-4]),
        ("/c/%s", local(track.link_for(message, 1, URL))[3:]),
        ("/u/%s", local(track.unsubscribe_url(message))[3:]),
    ]


def test_altered_tokens_do_nothing_and_look_all_the_same(message, strict) -> None:
    """SE-19, SE-21."""
    chance = random.Random(1)
    bodies = set()
    for pattern, token in tokens(message):
        for _try in range(60):
            data = bytearray(base64.urlsafe_b64decode(token + "=="))
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            bad = base64.urlsafe_b64encode(bytes(data)).rstrip(b"=").decode()
            response = strict.get(pattern % bad)
            assert response.status_code == 404 and "Location" not in response
            bodies.add(response.content)
        for bad in (token[:-1], token[:-4], token + "A", token + "=", "A" * 43, "x", token.swapcase(), token[::-1], token + "%00"):
            assert strict.get(pattern % bad).status_code == 404
    assert len(bodies) == 1 and not Event.objects.exists() and not Suppression.objects.exists()


def test_a_token_serves_one_purpose_only(message, strict) -> None:
    (_o, opening), (_c, click), (_u, leave) = tokens(message)
    for path in (f"/o/{leave}.gif", f"/o/{click}.gif", f"/c/{opening}", f"/c/{leave}", f"/u/{opening}", f"/u/{click}"):
        assert strict.get(path).status_code == 404 and strict.post(path).status_code in (403, 404, 405)
    assert not Event.objects.exists() and not Suppression.objects.exists()


def test_a_signed_target_must_still_be_a_web_address(message, strict) -> None:
    for url in ("javascript:alert(1)", "//evil.example", "https://ok.example/\r\nSet-Cookie: a=b", "data:text/html,x", "/local"):
        token = track.signed(track.CLICK, bytes.fromhex(message.token) + b"\0\1" + url.encode())
        assert strict.get(f"/c/{token}").status_code == 404


def test_query_parameters_change_nothing(message, strict) -> None:
    response = strict.get(local(track.link_for(message, 1, "https://shop.example.org/")) + "?url=https://evil.example&next=//evil.example")
    assert response["Location"] == "https://shop.example.org/"


def test_links_survive_a_change_of_the_key(message, strict, settings) -> None:
    link = local(track.link_for(message, 1, URL))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new" * 20
    assert strict.get(link).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    assert strict.get(link).status_code == 404


def test_macs_are_compared_in_constant_time_and_long_enough(message, monkeypatch) -> None:
    seen = []
    original = hmac.compare_digest
    monkeypatch.setattr(track.hmac, "compare_digest", lambda a, b: seen.append((len(a), len(b))) or original(a, b))
    assert track.read(track.OPEN, tokens(message)[0][1])
    assert seen == [(16, 16)]


def test_a_genuine_link_of_a_message_that_is_gone(message, strict) -> None:
    click, leave = local(track.link_for(message, 1, URL)), local(track.unsubscribe_url(message))
    Message.objects.all().delete()
    assert strict.get(click).status_code == 302 and not Event.objects.exists()
    gone = strict.get(leave)
    assert gone.status_code == 404 and gone.content == strict.get("/u/" + "A" * 43).content


# --- unsubscribing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"List-Unsubscribe": "One-Click"}},  # multipart/form-data
        {"data": "", "content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_one_click(message, strict, content) -> None:
    """CO-02: no cookie, no token, no question; 200 and no redirect. Again is no error."""
    for _again in range(2):
        response = strict.post(local(track.unsubscribe_url(message)), **content)
        assert response.status_code == 200 and "You are unsubscribed" in response.content.decode()
    kept = Suppression.objects.get()
    assert (kept.kind, kept.address_hash) == (SuppressionKind.OPT_OUT, suppress.address_hash(message.address))
    assert [event.kind for event in Event.objects.all()] == [EventKind.UNSUBSCRIBED]
    assert not strict.cookies


def test_get_never_unsubscribes(message, strict) -> None:
    """CO-03."""
    path = local(track.unsubscribe_url(message))
    for _time in range(100):
        assert strict.get(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    for response in (strict.head(path), strict.get(path, HTTP_PURPOSE="prefetch"), strict.get(path, HTTP_SEC_PURPOSE="prefetch;prerender")):
        assert response.status_code == 200
    for response in (strict.options(path), strict.put(path), strict.delete(path), strict.patch(path)):
        assert response.status_code == 405
    assert not Suppression.objects.exists() and not Event.objects.exists()


def test_the_page_asks_once_and_escapes(message, strict) -> None:
    page = strict.get(local(track.unsubscribe_url(message))).content.decode()
    assert page.count("<button") == 1 and '<form method="post">' in page and "<script" not in page
    assert "&lt;b&gt;Shop&lt;/b&gt;" in page and "p…@example.org" in page and "person1@example.org" not in page


def test_the_page_speaks_the_recipients_language(message, strict) -> None:
    for language, expected in (("fr", "fr"), ("fr-CA", "fr"), ("de", "en"), (None, "en")):
        Message.objects.update(context={"customer": {"language": language}})
        page = strict.get(local(track.unsubscribe_url(message)), HTTP_ACCEPT_LANGUAGE="en")
        assert f'<html lang="{expected}">' in page.content.decode()


def test_a_stronger_suppression_is_kept(message, strict) -> None:
    suppress.add(message.address, SuppressionKind.COMPLAINT)
    strict.post(local(track.unsubscribe_url(message)))
    assert Suppression.objects.get().kind == SuppressionKind.COMPLAINT


# --- without the database ---------------------------------------------------------------------------------------------


@pytest.fixture
def no_database(monkeypatch, message) -> None:
    def gone(*_words, **_named):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(receive, "event", gone)
    monkeypatch.setattr(Message.objects, "select_related", gone)


def test_clicks_and_opens_work_while_the_database_does_not(message, no_database, strict) -> None:
    """FM-64."""
    assert strict.get(local(track.link_for(message, 1, URL))).status_code == 302
    assert strict.get(local(track.open_url(message))).status_code == 200


def test_an_unsubscribe_that_could_not_be_saved_says_so(message, no_database, strict) -> None:
    """FM-65."""
    response = strict.post(local(track.unsubscribe_url(message)))
    assert response.status_code == 503 and response["Retry-After"] and "You are still subscribed" in response.content.decode()


# --- people and machines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15", False),
        ("Mozilla/5.0", True),
        ("", True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", True),
        ("Barracuda Sentinel (EE)", True),
        ("Cubot phone browser", True),
    ],
)
def test_machines_are_told_apart(message, agent, machine) -> None:
    """CO-48, CO-49."""
    Client().get(local(track.open_url(message)), HTTP_USER_AGENT=agent)
    assert Event.objects.get().machine is machine


def test_head_and_haste_are_machines(message, strict) -> None:
    strict.head(local(track.link_for(message, 1, URL)))
    Message.objects.update(sent_at=timezone.now())
    strict.get(local(track.link_for(message, 1, URL)))
    assert list(Event.objects.values_list("machine", flat=True)) == [True, True]


def test_what_browsers_say_of_themselves_is_cut_and_cleaned(message) -> None:
    """BI-76."""
    response = Client().get(local(track.open_url(message)), HTTP_USER_AGENT="<script>\x00\x85\u2028" + "ü" * 10_000)
    assert response.status_code == 200
    agent = Event.objects.get().detail["agent"]
    assert agent.startswith("<script>   ü") and len(agent) == receive.MAX_AGENT and json.dumps(agent)
