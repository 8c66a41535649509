"""Keys: one derived key for each purpose, so that what signs links never hashes addresses."""

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

BLOCK = 64  # bytes of a SHA-256 block


def derived(purpose: str, secret: str | None = None) -> bytes:
    return derive(purpose, secret or settings.SECRET_KEY)


@lru_cache(maxsize=64)
def derive(purpose: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"tutti.{purpose}".encode(), "sha256")


def address_key() -> bytes:
    """Its own secret: suppressed addresses must stay recognisable when SECRET_KEY is changed."""
    return derived("address", settings.ADDRESS_KEY)


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The two blocks from which HMAC is made of plain SHA-256 (RFC 2104), which is all that PostgreSQL has built in."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
