"""Generate: the change files of a plausible European shop and travel house, the same ones for the same seed and day."""

import bisect
import csv
import datetime
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from orchestration.sample import words
from orchestration.sample.people import DAYS_OF_HISTORY, Person, instant, people, telephone

SEED = "tutti"
ORDERS_PER_CUSTOMER = 4
BOOKINGS_PER_CUSTOMER = 0.6
HEAVIEST_CUSTOMER = 60  # orders of one customer at most
SEASON = [7, 6, 7, 7, 8, 10, 7, 6, 8, 9, 12, 13]  # how much people buy, January to December
TRAVEL_SEASON = [4, 5, 6, 8, 9, 10, 12, 12, 9, 7, 4, 6]
SOON = [(1, 9), (1, 23), (6, 5), (7, 12), (2, 16), (4, 8)]  # customer, days ahead: journeys that are surely there; two are one person's
SERVICES = {"newsletter": 0.7, "travel_offers": 0.45, "product_news": 0.35, "birthday": 0.25}

# In this order each file can be loaded: what it points to is already there.
FILES: dict[str, list[str]] = {
    "boutique": ["boutique_id", "name", "city", "country", "phone", "opened_on"],
    "product": ["product_id", "name", "name_fr", "category", "price", "active"],
    "client": ["client_id", "first_name", "last_name", "email", "phone", "language", "birth_date", "loyalty_tier", "boutique_id", "accepts_email", "accepts_sms", "created_at"],
    "client_address": ["address_id", "client_id", "kind", "street", "postcode", "city", "country"],
    "order": ["order_id", "client_id", "boutique_id", "placed_at", "status", "total"],
    "order_line": ["order_id", "line", "product_id", "quantity", "price"],
    "booking": ["booking_id", "client_id", "destination", "destination_fr", "country", "starts_on", "ends_on", "travellers", "status", "price", "booked_at"],
    "subscription": ["subscription_id", "client_id", "service", "consent", "since", "source"],
}  # fmt: skip

Row = Sequence[object]


def generate(folder: Path, today: datetime.date, customers: int = 5000, seed: str = SEED) -> dict[str, int]:
    """One change file for each schema lies in the folder; returns how many records each has."""
    folder.mkdir(parents=True, exist_ok=True)
    everybody = list(people(chance_for(seed, "people"), today, customers))
    products = list(product_rows())
    orders, lines = order_rows(chance_for(seed, "orders"), today, everybody, products)
    tables: dict[str, Iterable[Row]] = {
        "boutique": store_rows(chance_for(seed, "stores"), today),
        "product": products,
        "client": ([getattr(person, column) for column in FILES["client"]] for person in everybody),
        "client_address": address_rows(chance_for(seed, "addresses"), everybody),
        "order": orders,
        "order_line": lines,
        "booking": booking_rows(chance_for(seed, "bookings"), today, everybody),
        "subscription": subscription_rows(chance_for(seed, "subscriptions"), today, everybody),
    }
    return {name: write(folder / f"{name}.csv", FILES[name], tables[name]) for name in FILES}


def chance_for(seed: str, part: str) -> random.Random:
    """Each file draws on its own, so that a change to one leaves the others as they were."""
    return random.Random(f"{seed}:{part}")


def write(path: Path, columns: list[str], rows: Iterable[Row]) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["_change_request_type", *columns])
        for row in rows:
            writer.writerow(["u", *map(cell, row)])
            count += 1
    return count


def cell(value: object) -> object:
    """Empty for NULL, t and f for booleans, ISO for moments: what change files are made of."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if isinstance(value, datetime.date) else value


# --- the shop -----------------------------------------------------------------------------------------------------


def store_rows(chance: random.Random, today: datetime.date) -> Iterator[Row]:
    for number, (name, city, country, prefix) in enumerate(words.STORES, start=1):
        opened = today - datetime.timedelta(days=chance.randrange(1600, 9000))
        yield number, name, city, country, telephone(chance, prefix), opened


def product_rows() -> Iterator[Row]:
    flat = [(category, *product) for category, products in words.PRODUCTS.items() for product in products]
    for number, (category, name, name_fr, price) in enumerate(flat, start=1):
        yield number, name, name_fr, category, money(price), number % 31 != 0  # a few are no longer sold


def address_rows(chance: random.Random, everybody: list[Person]) -> Iterator[Row]:
    numbers = itertools.count(1)
    for person in everybody:
        kinds = chance.choices([(), ("home",), ("home", "work"), ("home", "home", "work")], [2, 68, 26, 4])[0]
        for kind in kinds:
            city, digits = chance.choice(words.CITIES[person.country])
            french = person.country in ("France", "Belgium", "Switzerland")
            street = chance.choice(words.STREETS_FR if french else words.STREETS_EN)
            house = f"{chance.randrange(1, 180)}{chance.choice(['', '', '', ' bis', 'B']) if french else ''}"
            yield (
                next(numbers),
                person.client_id,
                kind,
                f"{house} {street}",
                f"{digits}{chance.randrange(1, 100):02}",
                city,
                person.country,
            )


# --- orders -------------------------------------------------------------------------------------------------------


def order_rows(chance: random.Random, today: datetime.date, everybody: list[Person], products: list[Row]) -> tuple[list[Row], list[Row]]:
    """A few customers order a lot, most a little, some never; more before Christmas than in February."""
    calendar = Calendar(today, SEASON)
    buyers = [person for person in everybody if not person.never_orders]
    tenure = [0.12 + (today - person.created_at.date()).days / DAYS_OF_HISTORY for person in buyers]
    appetite = [min(25, chance.paretovariate(1.16)) * years for years in tenure]
    share = ORDERS_PER_CUSTOMER * len(everybody) / (sum(appetite) or 1)
    placed: list[tuple[datetime.datetime, Person]] = []
    for person, weight in zip(buyers, appetite, strict=True):
        for _ in range(max(1, min(HEAVIEST_CUSTOMER, round(weight * share + chance.random() - 0.5)))):
            placed.append((max(person.created_at, instant(chance, calendar.day(chance, person.created_at.date()))), person))
    placed.sort(key=lambda order: (order[0], order[1].client_id))
    popularity = [1 / (rank + 3) for rank in range(len(products))]
    chance.shuffle(popularity)
    cumulative = list(itertools.accumulate(popularity))
    orders: list[Row] = []
    lines: list[Row] = []
    for number, (when, person) in enumerate(placed, start=1):
        total = Decimal(0)
        for line in range(1, chance.choices([1, 2, 3, 4, 5, 8], [38, 27, 17, 10, 6, 2])[0] + 1):
            product = products[bisect.bisect_left(cumulative, chance.random() * cumulative[-1])]
            quantity, price = chance.choices([1, 2, 3, 6], [78, 15, 5, 2])[0], Decimal(str(product[4]))
            lines.append((number, line, product[0], quantity, price))
            total += quantity * price
        in_store = person.boutique_id if chance.random() < 0.4 else None
        orders.append((number, person.client_id, in_store, when, order_status(chance, today, when.date()), total))
    return orders, lines


def order_status(chance: random.Random, today: datetime.date, day: datetime.date) -> str:
    age = (today - day).days
    if chance.random() < 0.03:
        return "cancelled"
    if age <= 2:
        return "paid"
    if age <= 6:
        return "shipped"
    return "returned" if chance.random() < 0.05 else "delivered"


class Calendar:
    """Days of the last three years, weighted by the season, so that any start can be drawn from in one step."""

    def __init__(self, today: datetime.date, season: list[int], days: int = 1095) -> None:
        self.first = today - datetime.timedelta(days=days)
        weights = (season[(self.first + datetime.timedelta(days=n)).month - 1] * (1 + n / days) for n in range(days))
        self.cumulative = [0.0, *itertools.accumulate(weights)]

    def day(self, chance: random.Random, since: datetime.date) -> datetime.date:
        """A day from `since` to yesterday."""
        skipped = min(max(0, (since - self.first).days), len(self.cumulative) - 2)
        low, high = self.cumulative[skipped], self.cumulative[-1]
        found = bisect.bisect_right(self.cumulative, low + chance.random() * (high - low)) - 1
        return self.first + datetime.timedelta(days=min(found, len(self.cumulative) - 2))


# --- journeys -----------------------------------------------------------------------------------------------------


def booking_rows(chance: random.Random, today: datetime.date, everybody: list[Person]) -> Iterator[Row]:
    """Journeys from two years ago to nine months ahead; about a quarter are still to come."""
    for number in range(1, int(BOOKINGS_PER_CUSTOMER * len(everybody)) + 1):
        soon = SOON[number - 1] if number <= len(SOON) and SOON[number - 1][0] <= len(everybody) else None
        person = everybody[soon[0] - 1 if soon else int(len(everybody) * chance.random() ** 1.7)]
        name, name_fr, country, night = chance.choice(words.DESTINATIONS)
        starts = today + datetime.timedelta(days=soon[1]) if soon else travel_day(chance, today, person.created_at.date())
        nights = chance.choices([2, 3, 4, 5, 7, 10, 14], [14, 20, 17, 13, 22, 9, 5])[0]
        travellers = chance.choices([1, 2, 3, 4, 5], [18, 52, 11, 15, 4])[0]
        price = money(night * nights * (0.55 + 0.45 * travellers) * (0.9 + 0.3 * chance.random()))
        booked = min(
            today - datetime.timedelta(days=1), max(person.created_at.date(), starts - datetime.timedelta(days=chance.randrange(5, 200)))
        )
        yield (
            number, person.client_id, name, name_fr, country, starts, starts + datetime.timedelta(days=nights), travellers,
            "confirmed" if soon else booking_status(chance, today, starts + datetime.timedelta(days=nights)), price, instant(chance, booked),
        )  # fmt: skip


def travel_day(chance: random.Random, today: datetime.date, since: datetime.date) -> datetime.date:
    """A day after the customer came to us, in the months when people travel."""
    first = max(-730, (since - today).days + 1)
    while True:  # drawn again until the season agrees
        day = today + datetime.timedelta(days=chance.randrange(first, 270))
        if chance.random() * max(TRAVEL_SEASON) < TRAVEL_SEASON[day.month - 1]:
            return day


def booking_status(chance: random.Random, today: datetime.date, ends: datetime.date) -> str:
    if chance.random() < 0.07:
        return "cancelled"
    if ends < today:
        return "completed"
    return "option" if chance.random() < 0.12 else "confirmed"


def subscription_rows(chance: random.Random, today: datetime.date, everybody: list[Person]) -> Iterator[Row]:
    numbers = itertools.count(1)
    for person in everybody:
        for service, share in SERVICES.items():
            if chance.random() > share:
                continue
            since = min(today, person.created_at.date() + datetime.timedelta(days=int(chance.expovariate(1 / 60))))
            consent = person.accepts_email is not False and chance.random() < 0.9
            yield (
                next(numbers),
                person.client_id,
                service,
                consent,
                since,
                chance.choices(["web", "store", "phone", "paper"], [61, 25, 5, 9])[0],
            )


def money(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))
