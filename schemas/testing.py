"""Worlds for tests: a small shop and the Sakila video rental, described and published by the real verbs."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from django.conf import settings
from django.db import connection

from schemas.catalog import SchemaInfo, describe
from schemas.choices import ImportStatus
from schemas.ddl import describe_ddl, read_ddl
from schemas.ingest import create_import, in_order, ingest
from schemas.models import Field, Relationship, Schema
from schemas.sql import compile_sql
from schemas.tables import publish

UTC = datetime.UTC
SHOP: dict[str, dict[str, dict[str, Any]]] = {
    "store": {
        "store_id": {"type": "integer", "key_position": 1},
        "name": {"type": "text", "max_length": 100},
        "city": {"type": "text", "max_length": 100},
    },
    "customer": {
        "customer_id": {"type": "integer", "key_position": 1, "role": "customer_key"},
        "first_name": {"type": "text", "max_length": 100, "personal": True},
        "last_name": {"type": "text", "max_length": 100, "personal": True, "searchable": True},
        "email": {"type": "email", "max_length": 254, "role": "email", "personal": True},
        "phone": {"type": "phone", "max_length": 40, "role": "phone", "personal": True},
        "language": {"type": "text", "max_length": 5, "role": "language"},
        "accepts_email": {"type": "boolean", "role": "email_consent"},
        "city": {"type": "text", "max_length": 100},
        "store_id": {"type": "integer"},
        "birth_date": {"type": "date", "personal": True},
        "created_at": {"type": "datetime"},
    },
    "product": {
        "product_id": {"type": "integer", "key_position": 1},
        "name": {"type": "text", "max_length": 200},
        "category": {"type": "text", "max_length": 50},
        "price": {"type": "decimal", "precision": 10, "scale": 2},
    },
    "order": {
        "order_id": {"type": "integer", "key_position": 1},
        "customer_id": {"type": "integer"},
        "placed_at": {"type": "datetime"},
        "total": {"type": "decimal", "precision": 10, "scale": 2},
        "returned_at": {"type": "datetime"},
    },
    "order_line": {
        "order_id": {"type": "integer", "key_position": 1},
        "line": {"type": "integer", "key_position": 2},
        "product_id": {"type": "integer"},
        "quantity": {"type": "integer"},
        "price": {"type": "decimal", "precision": 10, "scale": 2},
    },
}
# source, name, target, name the other way, field
SHOP_LINKS = [
    ("customer", "store", "store", "customers", "store_id"),
    ("order", "customer", "customer", "orders", "customer_id"),
    ("order_line", "order", "order", "lines", "order_id"),
    ("order_line", "product", "product", "lines", "product_id"),
]


def small_world() -> None:
    """Five published schemas with a dozen customers: without e-mail, sharing one, opted out, without orders."""
    schemas = {name: make_schema(name, fields, targetable=name in {"customer", "order", "order_line"}) for name, fields in SHOP.items()}
    for source, name, target, reverse_name, field in SHOP_LINKS:
        make_link(schemas[source], name, schemas[target], reverse_name, [(field, field)])
    publish(schemas.values())
    for name, rows in shop_records().items():
        insert_records(name, rows)


def make_schema(name: str, fields: Mapping[str, Mapping[str, Any]], **options: Any) -> Schema:
    """A schema, not yet published; labels are made from names."""
    schema = Schema.objects.create(name=name, label=label_of(name), **options)
    Field.objects.bulk_create(
        Field(schema=schema, name=n, label=label_of(n), position=i, **more) for i, (n, more) in enumerate(fields.items())
    )
    return schema


def make_link(
    source: Schema, name: str, target: Schema, reverse_name: str, pairs: Sequence[tuple[str, str]], **options: Any
) -> Relationship:
    link = Relationship.objects.create(
        source=source,
        target=target,
        name=name,
        label=label_of(name),
        reverse_name=reverse_name,
        reverse_label=label_of(reverse_name),
        **options,
    )
    for position, (here, there) in enumerate(pairs):
        link.pairs.create(source_field=source.fields.get(name=here), target_field=target.fields.get(name=there), position=position)
    return link


def label_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


def info_of(name: str) -> SchemaInfo:
    return describe(Schema.objects.get(name=name))


def insert_records(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add records by field name; what is not given is empty."""
    info = info_of(name)
    values = [{f.column: row.get(f.name) for f in info.fields.values()} for row in rows]
    statement = compile_sql(sa.insert(info.table).values(values))
    with connection.cursor() as cursor:
        cursor.execute(statement.text, dict(statement.params))


def at(day: str, hour: int = 12) -> datetime.datetime:
    return datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(hour), UTC)


def shop_records() -> dict[str, list[dict[str, Any]]]:
    """Everything happens around 1 November 2026."""
    people = [
        # first, last, email, phone, language, accepts, city, store, birth
        ("Ada", "Lovelace", "ada@example.com", "+33612345601", "en", True, "London", 1, "1985-12-10"),
        ("Blaise", "Pascal", "blaise@example.com", "+33612345602", "fr", True, "Clermont", 1, "1990-06-19"),
        ("Chloé", "Martin", "chloe@example.com", None, "fr", True, "Paris", 2, "1999-11-01"),
        ("David", "O'Hara", "david@example.com", "+33612345604", "en", False, "Dublin", 1, "1970-01-31"),
        ("Emma", "Durand", None, "+33612345605", "fr", True, "Paris", 2, "2001-02-28"),
        ("Félix", "Durand", "family@example.com", None, "fr", True, "Paris", 2, "1975-07-14"),
        ("Gaëlle", "Durand", "family@example.com", None, "fr", True, "Paris", 2, "1977-03-08"),
        ("Hugo", "Weber", "hugo@example.com", None, "en", None, "Berlin", 1, None),
        ("Inès", "مرحبا", "ines@example.com", None, "fr", True, None, 2, "1988-08-08"),
        ("Jan", "🎺 de Vries", "jan@example.com", None, "en", True, "Utrecht", 1, "1966-06-06"),
        ("Karin", "Nilsson", "karin@example.com", "+33612345611", "en", True, "Malmö", None, "1993-10-31"),
        ("Léo", "Petit", "leo@example.com", None, "fr", False, "Lyon", 2, "2004-02-29"),
    ]
    names = ("first_name", "last_name", "email", "phone", "language", "accepts_email", "city", "store_id", "birth_date")
    customers = [
        {"customer_id": n, **dict(zip(names, person, strict=True)), "created_at": at(f"2026-0{1 + n % 9}-15")}
        for n, person in enumerate(people, 1)
    ]
    products = [
        {"product_id": 1, "name": "Violin", "category": "Strings", "price": "450.00"},
        {"product_id": 2, "name": "Trumpet", "category": "Brass", "price": "320.50"},
        {"product_id": 3, "name": "Rosin", "category": "Accessories", "price": "9.90"},
        {"product_id": 4, "name": "Music stand", "category": "Accessories", "price": "39.00"},
        {"product_id": 5, "name": "Cello", "category": "Strings", "price": "1200.00"},
    ]
    # order, customer, day, returned, lines of (product, quantity)
    bought = [
        (1, 1, "2026-10-30", None, [(1, 1), (3, 2)]),
        (2, 1, "2026-10-12", "2026-10-20", [(2, 1)]),
        (3, 1, "2026-08-01", None, [(3, 5)]),
        (4, 2, "2026-10-25", None, [(2, 1), (4, 1)]),
        (5, 3, "2026-09-15", "2026-10-01", [(5, 1)]),
        (6, 4, "2026-10-31", None, [(3, 1)]),
        (7, 5, "2026-10-28", None, [(4, 2)]),
        (8, 6, "2026-07-04", None, [(1, 1)]),
        (9, 7, "2026-10-29", None, [(3, 3), (4, 1)]),
        (10, 10, "2025-12-24", None, [(5, 1), (1, 1)]),
    ]
    price = {p["product_id"]: str(p["price"]) for p in products}
    lines = [
        {"order_id": order, "line": n, "product_id": product, "quantity": quantity, "price": price[product]}
        for order, _customer, _day, _returned, content in bought
        for n, (product, quantity) in enumerate(content, 1)
    ]
    orders = [
        {
            "order_id": order, "customer_id": customer, "placed_at": at(day), "returned_at": at(returned) if returned else None,
            "total": str(sum(Decimal(price[product]) * quantity for product, quantity in content)),
        }
        for order, customer, day, returned, content in bought
    ]  # fmt: skip
    stores = [{"store_id": 1, "name": "Harbour", "city": "Marseille"}, {"store_id": 2, "name": "Opera", "city": "Paris"}]
    return {"store": stores, "customer": customers, "product": products, "order": orders, "order_line": lines}


def sakila_folder() -> Path:
    return Path(settings.BASE_DIR).parent / "shared" / "data" / "sakila"


def sakila_available() -> bool:
    return (sakila_folder() / "schema.sql").exists()


def sakila() -> None:
    """The fifteen Sakila schemas with their 46,000 records, described and loaded as a team would do it."""
    review = read_ddl((sakila_folder() / "schema.sql").read_text())
    schemas = describe_ddl(review, versions={"payment": "payment_date"})
    publish(schemas)
    for schema in in_order(schemas):
        path = sakila_folder() / f"{schema.name}.csv"
        import_ = ingest(create_import(schema, path.name, path))
        assert (import_.status, import_.rejected, import_.inserted) == (ImportStatus.DONE, 0, import_.read), import_.error
