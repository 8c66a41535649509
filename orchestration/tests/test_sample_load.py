"""The sample shop on the real database: described from its DDL, loaded by the real verbs, with audiences and campaigns."""

import pytest

from orchestration.sample.audiences import AUDIENCES, save_audiences
from orchestration.sample.describe import describe_shop
from orchestration.sample.generate import FILES
from schemas import rules
from schemas.catalog import Catalog
from schemas.ddl import describe_ddl, read_ddl
from schemas.models import Schema

pytestmark = pytest.mark.django_db


def test_it_describes_the_shop_from_its_ddl() -> None:
    describe_shop()
    catalog = Catalog.load()
    assert {name: list(schema.fields) for name, schema in catalog.schemas.items()} == FILES
    client = catalog.schema("client")
    assert client.by_role("email").name == "email" and client.by_role("language").name == "language"
    assert client.by_role("email_consent").name == "accepts_email" and client.by_role("customer_key").name == "client_id"
    assert set(client.links) == {"boutique", "addresses", "orders", "bookings", "subscriptions"}
    assert [field.name for field in catalog.schema("order_line").key] == ["order_id", "line"]
    assert catalog.schema("booking").targetable and not catalog.schema("product").targetable
    assert not Schema.objects.filter(description="").exists()


def test_the_example_of_the_film_shop_fits_beside_it() -> None:
    describe_shop()
    describe_ddl(read_ddl("CREATE TABLE store (store_id int PRIMARY KEY); CREATE TABLE customer (customer_id int PRIMARY KEY, email text)"))
    assert Schema.objects.filter(name__in=["client", "customer"]).count() == 2


def test_the_saved_questions_can_be_asked() -> None:
    describe_shop()
    save_audiences(None)
    catalog = Catalog.load()
    assert {name: rules.problems(question, catalog) for name, _description, question in AUDIENCES} == {name: [] for name, _, _ in AUDIENCES}
