"""The customers of the sample shop: invented people, and a handful written by hand for the cases that break things."""

import datetime
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.sample import words

FAMILY = "famille.martin-oconnor@example.org"  # an address that two people share
LANGUAGES = {"France": "fr", "Belgium": "fr", "Switzerland": "fr", "United Kingdom": "en", "Ireland": "en", "Netherlands": "en"}
MAIL_DOMAINS = [
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "poste.example",
    "post.example",
]  # reserved: nobody real is behind them
TIERS = ["none", "silver", "gold", "platinum"]
DAYS_OF_HISTORY = 1500
HOUSEHOLDS = 0.05  # the share of customers who use the address of somebody they live with


@dataclass
class Person:
    """One customer, with what the other files of the shop need to know about them."""

    client_id: int
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    language: str | None
    birth_date: datetime.date | None
    loyalty_tier: str
    boutique_id: int | None
    accepts_email: bool | None
    accepts_sms: bool | None
    created_at: datetime.datetime
    country: str
    never_orders: bool = False


# first name, last name, address, language, accepts e-mail, never orders
SPECIAL: list[tuple[str | None, str | None, str | None, str | None, bool | None, bool]] = [
    ("Élodie", "Lefèvre", "elodie.lefevre@example.com", "fr", True, False),
    ("Siobhán", "O'Connor", FAMILY, "en", True, False),  # these two share an address
    ("Jean-Baptiste", "Martin", FAMILY, "fr", True, False),
    ("Margaret", "Ashworth-Hale", None, "en", True, False),  # no e-mail address
    ("Benoît", "Garnier", "benoit.garnier@example.org", "fr", False, False),  # opted out
    ("Zoé 🌻", "Dubois", "zoe.dubois@example.net", "fr", True, False),  # emoji
    ("محمد", "بن عيسى", "m.benaissa@example.com", "fr", True, False),  # right to left
    ("נועה", "כהן", "noa.cohen@example.com", "en", True, False),
    ("Wolfeschlegelsteinhausenbergerdorff-Maximiliana", "Featherstonehaugh-Cholmondeley-Marjoribanks-Beauchamp of Saint-Rémy-en-Bouzemont", "w.featherstonehaugh@example.com", "en", True, False),
    ("X", "Æ", "x@example.org", "en", True, False),
    (None, "Smith & Sons <Interiors>", "office@smith-and-sons.example", "en", True, False),  # a firm, with characters that HTML knows
    ("Nguyễn", "Thị Minh Khai", "minhkhai@example.net", None, True, False),  # language unknown
    ("Ådel", "L'Hermitte", "adel.lhermitte@example.com", "fr", None, False),  # never asked about e-mail
    ("Tom", "Green", "tom.green(at)example.com", "en", True, False),  # not an address
    ("Yasmine", "Benali", "yasmine.benali@example.org", "fr", True, True),  # has never ordered
    ("Patrick", "D'Arcy", "PATRICK.DARCY@EXAMPLE.COM", "en", True, False),  # capitals
    ("Patrick", "D'Arcy", "patrick.darcy@example.com", "en", True, False),  # the same person twice
]  # fmt: skip


def people(chance: random.Random, today: datetime.date, customers: int) -> Iterator[Person]:
    """All customers by number; the first ones are the special ones."""
    neighbour: Person | None = None
    for number in range(1, customers + 1):
        person = somebody(chance, today, number)
        if number <= len(SPECIAL):
            make_special(person, instant(chance, today - datetime.timedelta(days=900 + number)))
        elif neighbour and neighbour.email and chance.random() < HOUSEHOLDS:
            person.last_name, person.email, person.language = neighbour.last_name, neighbour.email, neighbour.language
        neighbour = person if number > len(SPECIAL) else None
        yield person


def make_special(person: Person, created: datetime.datetime) -> None:
    first, last, email, language, accepts, never = SPECIAL[person.client_id - 1]
    person.first_name, person.last_name, person.email, person.language, person.accepts_email, person.never_orders = (
        first,
        last,
        email,
        language,
        accepts,
        never,
    )
    person.created_at = created


def somebody(chance: random.Random, today: datetime.date, number: int) -> Person:
    store = chance.choice(range(len(words.STORES)))
    country = words.STORES[store][2]
    language = LANGUAGES[country] if chance.random() < 0.94 else chance.choice(["fr", "en"])
    first, last, letters = name(chance, language)
    age = min(91, max(18, round(chance.gauss(44, 15))))
    # The shop grows: more customers came lately than long ago.
    created = today - datetime.timedelta(days=1 + int(DAYS_OF_HISTORY * chance.random() ** 1.4))
    return Person(
        client_id=number,
        first_name=first,
        last_name=last,
        email=None if chance.random() < 0.06 else address(chance, f"{letters}{number}"),
        phone=telephone(chance, words.STORES[store][3]) if chance.random() < 0.62 else None,
        language=None if chance.random() < 0.03 else language,
        birth_date=None if chance.random() < 0.18 else today - datetime.timedelta(days=365 * age + chance.randrange(365)),
        loyalty_tier=chance.choices(TIERS, [62, 22, 12, 4])[0],
        boutique_id=store + 1 if chance.random() < 0.9 else None,
        accepts_email=chance.choices([True, False, None], [78, 17, 5])[0],
        accepts_sms=chance.choices([True, False, None], [34, 51, 15])[0],
        created_at=instant(chance, created),
        country=country,
        never_orders=chance.random() < 0.13,
    )


def name(chance: random.Random, language: str) -> tuple[str, str, str]:
    """First name, last name, and the letters that their mail address is made of."""
    draw = chance.random()
    if draw < 0.02:
        return chance.choice(words.RIGHT_TO_LEFT)
    if draw < 0.12:
        first, last = chance.choice(words.OTHER_FIRST), chance.choice(words.OTHER_LAST)
    elif (language == "fr") == (draw < 0.92):
        first, last = chance.choice(words.FRENCH_FIRST), chance.choice(words.FRENCH_LAST)
    else:
        first, last = chance.choice(words.ENGLISH_FIRST), chance.choice(words.ENGLISH_LAST)
    if chance.random() < 0.03:
        last = f"{last}-{chance.choice(words.FRENCH_LAST)}"
    return first, last, f"{ascii_letters(first)}.{ascii_letters(last)}"


def ascii_letters(text: str) -> str:
    """What remains of a name in an old-fashioned mail address."""
    plain = unicodedata.normalize(
        "NFKD", text.lower().replace("ø", "o").replace("ł", "l").replace("œ", "oe").replace("ß", "ss").replace("ı", "i")
    )
    return "".join(c for c in plain if c.isascii() and c.isalpha()) or "contact"


def address(chance: random.Random, letters: str) -> str:
    """A mail address; now and then one that somebody mistyped."""
    domain = chance.choice(MAIL_DOMAINS)
    if chance.random() < 0.006:
        return chance.choice([f"{letters}@", f"{letters}.{domain}", f"{letters}@@{domain}", f"{letters} @{domain}"])
    return f"{letters}@{domain}"


def telephone(chance: random.Random, prefix: str) -> str:
    return f"{prefix} " + " ".join(f"{chance.randrange(100):02}" for _ in range(4))


def instant(chance: random.Random, day: datetime.date) -> datetime.datetime:
    """A moment of that day, in opening hours more often than at night."""
    hour = chance.choices(range(24), [1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 8, 8, 8, 8, 8, 9, 10, 11, 10, 8, 5, 2])[0]
    return datetime.datetime(day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60), tzinfo=datetime.UTC)
