"""Describe: the schemas of the sample shop, read from its DDL as a team's would be, with the names people would give them."""

from pathlib import Path

from django.db import transaction

from schemas.choices import FieldRole
from schemas.ddl import describe_ddl, read_ddl
from schemas.models import Field, Relationship, Schema
from schemas.tables import publish

DDL = Path(__file__).with_name("schema.sql")
DESCRIPTIONS = {
    "boutique": "Our houses, where things are sold over the counter.",
    "client": "Everybody who has ever bought, booked or subscribed.",
    "client_address": "Where clients live and work; several for some, none for others.",
    "product": "What is sold, with its name in both languages.",
    "order": "One purchase, in a boutique or on the web (no boutique).",
    "order_line": "One product within an order.",
    "booking": "One journey of one client, past or to come.",
    "subscription": "What a client agreed to receive, or refused, and since when.",
}
BACKWARDS = {  # (source, name): what the link is called from the other side
    ("client_address", "client"): ("addresses", "Addresses"),
    ("order_line", "order"): ("lines", "Lines"),
    ("order_line", "product"): ("lines", "Order lines"),
}
PERSONAL = ["first_name", "last_name", "email", "phone", "birth_date", "street", "postcode"]
SEARCHABLE = ["last_name", "email"]


@transaction.atomic
def describe_shop() -> list[Schema]:
    """The schemas are described and published, or none is."""
    schemas = describe_ddl(read_ddl(DDL.read_text(encoding="utf-8")))
    for schema in schemas:
        schema.description = DESCRIPTIONS[schema.name]
        schema.save(update_fields=["description", "changed_at"])
    for (source, name), (reverse_name, reverse_label) in BACKWARDS.items():
        Relationship.objects.filter(source__name=source, name=name).update(reverse_name=reverse_name, reverse_label=reverse_label)
    fields = Field.objects.filter(schema__in=schemas)
    fields.filter(name__in=PERSONAL, schema__name__in=["client", "client_address"]).update(personal=True)
    fields.filter(name__in=SEARCHABLE, schema__name="client").update(searchable=True)
    fields.filter(name="client_id", schema__name="client").update(role=FieldRole.CUSTOMER_KEY)
    publish(schemas)
    return schemas
