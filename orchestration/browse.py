"""A person at a browser, for the demo: signs in, follows links and sends forms, through the same pages as everybody."""

import html
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

PATIENCE_SECONDS = 60
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


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

    def click(self, address: str) -> str:
        """Follow a link of a mail as far as our site; returns where it leads, without going there."""
        asked = urllib.request.Request(address, headers={"User-Agent": BROWSER})
        try:
            with urllib.request.build_opener(Stay).open(asked, timeout=PATIENCE_SECONDS):
                raise Unexpected(f"{address} leads nowhere.")
        except urllib.error.HTTPError as error:
            if error.code not in (301, 302, 303, 307):
                raise Unexpected(f"{address} answered {error.code}.") from error
            return error.headers["Location"]

    def request(self, address: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        url = urllib.parse.urljoin(self.site, address)
        try:
            with self.opener.open(
                urllib.request.Request(url, data, {"User-Agent": BROWSER, **headers}), timeout=PATIENCE_SECONDS
            ) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise Unexpected(f"{url} answered {error.code}: {words(error.read())}") from error


class Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere: an answer that leads elsewhere is itself what was asked for."""

    def redirect_request(self, *args: object) -> None:
        return None


def words(page: bytes) -> str:
    """The text of a page, shortened, for a message."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.decode(errors="replace"), flags=re.S)
    return " ".join(html.unescape(text).split())[:300]


def links(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<a[^>]+href="(https?://[^"]+)"', page)]


def pictures(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<img[^>]+src="(https?://[^"]+)"', page)]
