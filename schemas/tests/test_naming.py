"""Names of links, from names of tables and columns."""

import pytest

from schemas.naming import free_name, label, link_names, plural, safe_name, singular


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("rental", "rentals"), ("city", "cities"), ("film_category", "film_categories"), ("address", "addresses"), ("status", "statuses"),
        ("staff", "staff"), ("person", "people"), ("box", "boxes"), ("day", "days"), ("analysis", "analyses"), ("inventory", "inventories"),
    ],
)  # fmt: skip
def test_it_makes_plurals(one: str, many: str) -> None:
    assert plural(one) == many
    assert plural(many) == many
    if one != "analysis":
        assert singular(many) == one


@pytest.mark.parametrize(
    ("source", "target", "columns", "several", "one_to_one", "names"),
    [
        ("rental", "customer", ["customer_id"], False, False, ("customer", "rentals")),
        ("orders", "customers", ["customer_id"], False, False, ("customer", "orders")),
        ("orders", "addresses", ["billing_address_id"], True, False, ("billing_address", "billing_orders")),
        ("employee", "employee", ["manager_id"], False, False, ("manager", "manager_employees")),
        ("shipment", "order_line", ["order_id", "line"], False, False, ("order_line", "shipments")),
        ("profile", "customer", ["customer_id"], False, True, ("customer", "profile")),
    ],
)
def test_it_names_both_ends_of_a_link(
    source: str, target: str, columns: list[str], several: bool, one_to_one: bool, names: tuple[str, str]
) -> None:
    assert link_names(source, target, columns, several, one_to_one) == names


def test_it_makes_safe_names_and_readable_labels() -> None:
    assert [safe_name(n) for n in ("Order Line", "orderLine", "2nd", "Ünïcode", "!!")] == [
        "order_line",
        "order_line",
        "n_2nd",
        "n_code",
        "",
    ]
    assert label("customer_id") == "Customer ID"
    assert free_name("a", {"a", "b"}, "b") == "a_2"
