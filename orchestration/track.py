"""Track: the signed links of a mail. What a link means is in the link, so it works while the database does not."""

import base64
import hmac
import re
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from orchestration import keys

CLICK, OPEN, UNSUBSCRIBE = "c", "o", "u"
MAC_BYTES = 16
MAX_URL = 2000  # longer ones would not fit into a request line; they are left as they are
TRACKABLE = re.compile(r"^https?://[^\s\x00-\x1f\x7f]+$", re.I)
TOKEN = re.compile(r"^[A-Za-z0-9_-]{40,4000}$")


class Linked(Protocol):
    """A message, as far as its links are concerned."""

    @property
    def token(self) -> str: ...


@dataclass(frozen=True)
class Target:
    """What a genuine link says."""

    message: str  # the message's token
    index: int = 0
    url: str = ""


def link_for(message: Linked, index: int, url: str) -> str:
    """The tracked form of a link; mailto:, tel: and what is no address at all stay as they are."""
    if not TRACKABLE.match(url) or len(url.encode()) > MAX_URL:
        return url
    payload = bytes.fromhex(message.token) + index.to_bytes(2, "big") + url.encode()
    return f"{settings.BASE_URL}/c/{signed(CLICK, payload)}"


def open_url(message: Linked) -> str:
    return f"{settings.BASE_URL}/o/{signed(OPEN, bytes.fromhex(message.token))}.gif"


def unsubscribe_url(message: Linked) -> str:
    return f"{settings.BASE_URL}/u/{signed(UNSUBSCRIBE, bytes.fromhex(message.token))}"


def read(purpose: str, token: str) -> Target | None:
    """What a token says, or None when it was not made by us for this purpose."""
    if not TOKEN.match(token):
        return None
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    payload, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != token or not genuine(purpose, payload, mac):
        return None
    message = payload[:16].hex()
    if purpose != CLICK:
        return Target(message)
    return Target(message, int.from_bytes(payload[16:18], "big"), payload[18:].decode())


def signed(purpose: str, payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload + mac_of(purpose, payload, settings.SECRET_KEY)).rstrip(b"=").decode()


def genuine(purpose: str, payload: bytes, mac: bytes) -> bool:
    """Also with the keys before the present one: links in old mail must go on working."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(mac, mac_of(purpose, payload, secret)) for secret in map(str, secrets))


def mac_of(purpose: str, payload: bytes, secret: str) -> bytes:
    return hmac.digest(keys.derived(f"track.{purpose}", secret), payload, "sha256")[:MAC_BYTES]
