"""Suppress: who is never written to again. Addresses are compared by a keyed hash, which outlives an erasure."""

import hmac
import unicodedata

from django.db import transaction

from campaigns.choices import Channel
from orchestration import keys
from orchestration.choices import SuppressionKind
from orchestration.models import Message, Suppression

BLANKS = " \t\r\n"
ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def normalise(address: str) -> str:
    """What makes two spellings one address. `prepare.NORMAL` is the same in SQL, hence ASCII only: locales differ on the rest."""
    return unicodedata.normalize("NFKC", address.strip(BLANKS)).translate(ASCII_LOWER)


def address_hash(address: str) -> str:
    return hmac.new(keys.address_key(), normalise(address).encode(), "sha256").hexdigest() if address.strip(BLANKS) else ""


def hint(address: str) -> str:
    """Enough to recognise an address, too little to write to it."""
    local, _at, domain = normalise(address).rpartition("@")
    return f"{local[:1]}…@{domain}"[:80]


def add(address: str, kind: str, channel: str = Channel.EMAIL, note: str = "") -> Suppression:
    return keep(address_hash(address), hint(address), kind, channel, note)


def add_recipient(message: Message, kind: str, note: str = "") -> Suppression:
    """The person behind a message, also when the address itself has been erased since."""
    return keep(message.address_hash, hint(message.address) if message.address else "", kind, message.channel, note)


def keep(hashed: str, shown: str, kind: str, channel: str, note: str) -> Suppression:
    """One row for each address; a stronger reason replaces an opt-out, which alone lets transactional mail through."""
    if not hashed:
        raise ValueError("There is no address to suppress.")
    with transaction.atomic():
        row, made = Suppression.objects.select_for_update().get_or_create(
            channel=channel, address_hash=hashed, defaults={"hint": shown, "kind": kind, "note": note[:300]}
        )
        if not made and row.kind == SuppressionKind.OPT_OUT and kind != SuppressionKind.OPT_OUT:
            row.kind, row.note = kind, f"{note} (opted out before)".strip()[:300]
            row.save(update_fields=["kind", "note"])
    return row
