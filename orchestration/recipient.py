"""Recipient: the full check of an address, right before it is used; the ledger's own check is a coarse one."""

import re

from email_validator import EmailNotValidError, validate_email

# What these allow needs no further look; the library takes fifty times as long.
PLAIN = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9_+-]|\.(?!\.)){0,60}(?<!\.)@([A-Za-z0-9]([A-Za-z0-9-]{0,60}[A-Za-z0-9])?\.)+[A-Za-z]{2,20}$")
MOST = 254


class InvalidAddress(ValueError):
    """No mail can go there; the text says why."""


def checked_address(address: str) -> str:
    """The address as an envelope needs it: international domains in their ASCII form."""
    if len(address) <= MOST and PLAIN.match(address) and not address.lower().endswith((".invalid", ".onion")) and "--" not in address:
        return address
    try:
        found = validate_email(address, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidAddress(str(error)) from error
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"
