"""The sample shop's change files: the same for the same day, plausible, and with the cases that break things."""

import csv
import datetime
import hashlib
import unicodedata
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.sample.generate import FILES, generate
from orchestration.sample.people import FAMILY

TODAY = datetime.date(2026, 11, 1)
Table = dict[str, list[dict[str, str]]]


def read(folder: Path) -> Table:
    return {name: list(csv.DictReader((folder / f"{name}.csv").open(encoding="utf-8", newline=""))) for name in FILES}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, TODAY, customers=1000)
    return read(folder)


def digest(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / f"{name}.csv").read_bytes() for name in FILES)).hexdigest()


def test_it_writes_change_files_of_the_expected_size(tmp_path: Path) -> None:
    counts = generate(tmp_path, TODAY)
    assert counts["client"] == 5000 and counts["booking"] == 3000
    assert 18_000 <= counts["order"] <= 22_000
    assert 40_000 <= counts["order_line"] <= 50_000
    for name, rows in read(tmp_path).items():
        assert len(rows) == counts[name]
        assert list(rows[0]) == ["_change_request_type", *FILES[name]]
        assert {row["_change_request_type"] for row in rows} == {"u"}


def test_the_same_day_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for folder, day, seed in (
        ("a", TODAY, "tutti"),
        ("b", TODAY, "tutti"),
        ("c", TODAY, "other"),
        ("d", TODAY + datetime.timedelta(days=1), "tutti"),
    ):
        generate(tmp_path / folder, day, customers=60, seed=seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert len({digest(tmp_path / folder) for folder in "acd"}) == 3


def test_every_key_is_unique_and_every_link_leads_somewhere(shop: Table) -> None:
    keys = {name: [row[FILES[name][0]] for row in rows] for name, rows in shop.items() if name != "order_line"}
    assert all(len(set(values)) == len(values) for values in keys.values())
    assert len({(row["order_id"], row["line"]) for row in shop["order_line"]}) == len(shop["order_line"])
    for name in ("client_address", "order", "booking", "subscription"):
        assert {row["client_id"] for row in shop[name]} <= set(keys["client"])
    assert {row["order_id"] for row in shop["order_line"]} == set(keys["order"])
    assert {row["product_id"] for row in shop["order_line"]} <= set(keys["product"])
    assert {row["boutique_id"] for row in shop["client"]} <= {*keys["boutique"], ""}


def test_totals_are_the_sums_of_their_lines(shop: Table) -> None:
    sums: Counter[str] = Counter()
    for line in shop["order_line"]:
        sums[line["order_id"]] += Decimal(line["price"]) * int(line["quantity"])  # type: ignore[assignment]
    assert all(Decimal(order["total"]) == sums[order["order_id"]] for order in shop["order"])


def test_nothing_happens_before_the_customer_came_or_after_today(shop: Table) -> None:
    came = {row["client_id"]: row["created_at"] for row in shop["client"]}
    for order in shop["order"]:
        assert came[order["client_id"]] <= order["placed_at"] < TODAY.isoformat()
    for booking in shop["booking"]:
        assert booking["starts_on"] < booking["ends_on"]
        assert booking["booked_at"][:10] <= min(booking["starts_on"], TODAY.isoformat())
        assert came[booking["client_id"]][:10] <= booking["booked_at"][:10]


def test_a_few_customers_order_most_and_some_never(shop: Table) -> None:
    per_customer = sorted(Counter(row["client_id"] for row in shop["order"]).values(), reverse=True)
    assert sum(per_customer[: len(per_customer) // 5]) > 0.5 * sum(per_customer)
    assert 0.08 < 1 - len(per_customer) / len(shop["client"]) < 0.2
    months = Counter(row["placed_at"][5:7] for row in shop["order"] if row["placed_at"] >= "2025-11-01")
    assert months["12"] > 1.5 * months["02"]


def test_bookings_are_past_and_future(shop: Table) -> None:
    statuses = {("future" if row["starts_on"] > TODAY.isoformat() else "past", row["status"]) for row in shop["booking"]}
    assert {
        ("future", "confirmed"),
        ("future", "option"),
        ("future", "cancelled"),
        ("past", "completed"),
        ("past", "cancelled"),
    } <= statuses
    assert ("future", "completed") not in statuses
    soon = [row["client_id"] for row in shop["booking"] if row["status"] == "confirmed" and "2026-11-01" < row["starts_on"] <= "2026-12-01"]
    assert soon.count("1") >= 2, "one person with two journeys"


def test_people_are_as_varied_as_people_are(shop: Table) -> None:
    customers = shop["client"]
    addresses = Counter(row["email"] for row in customers)
    assert addresses[""] > 20 and addresses[FAMILY] == 2
    assert {row["language"] for row in customers} == {"en", "fr", ""}
    assert {row["accepts_email"] for row in customers} == {"t", "f", ""}
    ordered = {row["client_id"] for row in shop["order"]}
    assert any(row["client_id"] not in ordered for row in customers)
    names = [row["first_name"] + row["last_name"] for row in customers]
    assert any(unicodedata.bidirectional(c) in ("R", "AL") for name in names for c in name), "right to left"
    assert any(unicodedata.category(c) == "So" for name in names for c in name), "emoji"
    assert any("'" in name for name in names) and any("-" in name for name in names) and any("<" in name for name in names)
    assert max(map(len, names)) > 100
    assert Counter(row["kind"] for row in shop["client_address"]).keys() == {"home", "work"}


def test_mail_addresses_belong_to_nobody(shop: Table) -> None:
    mistyped = 0
    for row in shop["client"]:
        name, _at, domain = row["email"].lower().rpartition("@")
        if row["email"] and (not name or not domain or "@" in name or " " in name):
            mistyped += 1
        else:
            assert domain in ("example.com", "example.org", "example.net", "") or domain.endswith(".example")
    assert 0 < mistyped < 20, "a few are no addresses at all"
