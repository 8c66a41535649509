"""A person at a browser, for the demo: signs in, follows links and sends forms, through the same pages as everybody."""

import html
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

PATIENCE_SECONDS = 60


class Unexpected(Exception):
    """A page answered otherwise than it should."""


@dataclass
class Person:
    """One signed-in session."""

    site: str
    name: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def sign_in(self, password: str) -> "Person":
        self.get("/admin/login/")
        page = self.post("/admin/login/", {"username": self.name, "password": password, "next": "/admin/"})
        if b'name="password"' in page:
            raise Unexpected(f"{self.name} could not sign in; was the password changed since the first start?")
        return self

    def get(self, address: str, accept: str = "text/html") -> bytes:
        return self.request(address, None, {"Accept": accept})

    def post(self, address: str, form: dict[str, str], accept: str = "text/html") -> bytes:
        token = next((cookie.value or "" for cookie in self.jar if cookie.name == "csrftoken"), "")
        data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}).encode()
        return self.request(address, data, {"Accept": accept, "X-CSRFToken": token, "Referer": self.site})

    def request(self, address: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        url = urllib.parse.urljoin(self.site, address)
        try:
            with self.opener.open(urllib.request.Request(url, data, headers), timeout=PATIENCE_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise Unexpected(f"{url} answered {error.code}: {words(error.read())}") from error


def words(page: bytes) -> str:
    """The text of a page, shortened, for a message."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.decode(errors="replace"), flags=re.S)
    return " ".join(html.unescape(text).split())[:300]


def links(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<a[^>]+href="(https?://[^"]+)"', page)]


def pictures(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<img[^>]+src="(https?://[^"]+)"', page)]
