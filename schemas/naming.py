"""Names and labels in good English, made from the names of tables and columns."""

import re
from collections.abc import Container

from schemas.models.schema import NAME_LENGTH

KEY_ENDINGS = ("_id", "_key", "_code", "_no", "_number", "_fk", "_uuid")
IRREGULAR = {
    "person": "people",
    "child": "children",
    "staff": "staff",
    "data": "data",
    "media": "media",
    "news": "news",
    "series": "series",
    "man": "men",
    "woman": "women",
}
ACRONYMS = {
    "id": "ID",
    "url": "URL",
    "sku": "SKU",
    "vat": "VAT",
    "sms": "SMS",
    "ip": "IP",
    "uuid": "UUID",
    "iban": "IBAN",
    "zip": "ZIP",
    "gdpr": "GDPR",
}


def safe_name(text: str) -> str:
    """Lower-case letters, digits and underscores, beginning with a letter; empty when nothing is left."""
    separated = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    name = re.sub(r"[^a-z0-9]+", "_", separated.lower()).strip("_")
    return (name if not name[:1].isdigit() else f"n_{name}")[:NAME_LENGTH].rstrip("_")


def label(name: str) -> str:
    """film_category → Film category; customer_id → Customer ID."""
    words = [ACRONYMS.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def plural(name: str) -> str:
    """The last word in the plural; what is plural already stays."""
    head, _separator, word = name.rpartition("_")
    return f"{head}_{plural_word(word)}" if head else plural_word(word)


def plural_word(word: str) -> str:
    if word in IRREGULAR or word in IRREGULAR.values():
        return IRREGULAR.get(word, word)
    if word.endswith("sis"):
        return word[:-2] + "es"
    if re.search(r"(ss|us|is|x|z|ch|sh)\Z", word):
        return word + "es"
    if word.endswith("s"):
        return word
    if re.search(r"[^aeiou]y\Z", word):
        return word[:-1] + "ies"
    return word + "s"


def singular(name: str) -> str:
    """The last word in the singular, as far as endings tell."""
    head, _separator, word = name.rpartition("_")
    one = {many: one for one, many in IRREGULAR.items()}.get(word)
    if one is None:
        if word.endswith("ies") and len(word) > 4:
            one = word[:-3] + "y"
        elif re.search(r"(ss|us|x|z|ch|sh)es\Z", word):
            one = word[:-2]
        else:
            one = word[:-1] if word.endswith("s") and not re.search(r"(ss|us|is)\Z", word) else word
    return f"{head}_{one}" if head else one


def without_key_ending(column: str) -> str:
    """customer_id → customer; the column itself when nothing else is left."""
    for ending in KEY_ENDINGS:
        if column.endswith(ending) and len(column) > len(ending):
            return column[: -len(ending)]
    return column


def link_names(source: str, target: str, columns: list[str], among_several: bool, one_to_one: bool) -> tuple[str, str]:
    """What a link is called from both ends: (rental, customer) → customer, rentals.

    When several links lead to the same schema, the column tells them apart: (order, address, billing_address_id)
    → billing_address, billing_orders.
    """
    name = without_key_ending(columns[0]) if len(columns) == 1 else singular(target)
    back = singular(source) if one_to_one else plural(source)
    if among_several or source == target:
        one = singular(target)
        kind = name.removesuffix(one).rstrip("_") if name != one else ""
        back = f"{kind}_{back}" if kind else back
    return name[:NAME_LENGTH], back[:NAME_LENGTH]


def free_name(name: str, taken: Container[str], instead: str) -> str:
    """The name, or the other one, or a numbered one: whichever is still free."""
    if name not in taken:
        return name
    if instead not in taken:
        return instead[:NAME_LENGTH]
    number = 2
    while f"{name[: NAME_LENGTH - 4]}_{number}" in taken:
        number += 1
    return f"{name[: NAME_LENGTH - 4]}_{number}"
