"""Reading the tables a team already has."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from schemas.catalog import Catalog
from schemas.ddl import describe_ddl, read_ddl
from schemas.exceptions import SchemaError
from schemas.models import Relationship, Schema
from schemas.tables import publish
from schemas.testing import sakila_available

DUMP = """
CREATE TYPE public.mood AS ENUM ('happy', 'sad');
CREATE TABLE public.address (id uuid NOT NULL, street text);
CREATE TABLE public.customers (
  "Customer ID" bigint NOT NULL, email varchar(200), feeling public.mood DEFAULT 'sad', billing_address_id uuid, shipping_address_id uuid,
  referrer_id bigint, customer integer, tags jsonb, joined timestamptz DEFAULT now(), accepts_email boolean NOT NULL DEFAULT false,
  total numeric(8,2) DEFAULT -1 CHECK (total > 0)
);
ALTER TABLE ONLY public.address ADD CONSTRAINT address_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.customers ADD CONSTRAINT customers_pkey PRIMARY KEY ("Customer ID");
ALTER TABLE public.customers ADD CONSTRAINT a FOREIGN KEY (billing_address_id) REFERENCES public.address(id),
  ADD CONSTRAINT b FOREIGN KEY (shipping_address_id) REFERENCES public.address ON DELETE SET NULL;
ALTER TABLE public.customers ADD FOREIGN KEY (referrer_id) REFERENCES public.customers ("Customer ID");
CREATE UNIQUE INDEX one_email ON customers (email);
COMMENT ON COLUMN public.customers.joined IS 'First purchase';
SELECT pg_catalog.setval('x', 1);
CREATE TABLE broken (id int PRIMARY KEY REFERENCES;
"""


def test_it_reads_a_dump() -> None:
    review = read_ddl(DUMP)
    customer = review.tables["customers"]
    fields = customer.fields
    assert customer.key == ("customer_id",)
    assert (fields["feeling"].type, fields["feeling"].choices, fields["feeling"].default) == ("enumeration", ("happy", "sad"), "sad")
    assert (fields["email"].type, fields["email"].role, fields["email"].unique, fields["email"].personal) == ("email", "email", True, True)
    assert (fields["total"].type, fields["total"].precision, fields["total"].scale, fields["total"].default) == ("decimal", 8, 2, "-1")
    assert (fields["joined"].type, fields["joined"].description) == ("datetime", "First purchase")
    assert (fields["tags"].type, fields["accepts_email"].role) == ("long_text", "email_consent")
    names = [(link.name, link.target, link.reverse_name) for link in customer.links]
    assert names == [
        ("billing_address", "address", "billing_customers"),
        ("shipping_address", "address", "shipping_customers"),
        ("referrer", "customers", "referrer_customers"),
    ]
    texts = " ".join(f"{p.where} {p.text}" for p in review.not_understood)
    assert (
        "jsonb" in texts.lower() and "setval" in texts.lower() and "line 17" in texts and "CHECK" in texts and "CURRENT_TIMESTAMP" in texts
    )


def test_it_keeps_link_and_field_names_apart() -> None:
    review = read_ddl(
        "CREATE TABLE city (id int PRIMARY KEY, streets int); CREATE TABLE street (id int PRIMARY KEY, city int REFERENCES city)"
    )
    assert [(link.name, link.reverse_name) for link in review.tables["street"].links] == [("city_record", "city_record_streets")]


@pytest.mark.django_db
def test_it_refuses_everything_or_nothing() -> None:
    text = "CREATE TABLE a (x int); CREATE TABLE b (id int PRIMARY KEY REFERENCES nowhere, c int REFERENCES a (y))"
    with pytest.raises(SchemaError) as caught:
        describe_ddl(read_ddl(text), versions={"b": "z", "q": "id"})
    assert len(caught.value.problems) == 5
    with pytest.raises(SchemaError, match="no CREATE TABLE"):
        describe_ddl(read_ddl("SELECT 1"))
    with pytest.raises(SchemaError):
        read_ddl("CREATE TABLE a (x text DEFAULT 'unclosed")
    assert not Schema.objects.exists()


@pytest.mark.django_db
def test_it_links_to_what_is_described_already_and_not_twice() -> None:
    publish(describe_ddl(read_ddl("CREATE TABLE a (id int PRIMARY KEY, email varchar(90))")))
    describe_ddl(read_ddl("CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a)"))
    assert Schema.objects.get(name="b").targetable
    with pytest.raises(SchemaError, match="already"):
        describe_ddl(read_ddl("CREATE TABLE a (id int PRIMARY KEY)"))


@pytest.mark.django_db
@pytest.mark.skipif(not sakila_available(), reason="The Sakila files are not beside the project.")
def test_it_imports_sakila(capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "import_schema", Path(settings.BASE_DIR).parent / "shared/data/sakila/schema.sql", "--version-field", "payment=payment_date"
    )
    assert "15 schemas with 20 links published" in capsys.readouterr().out
    catalog = Catalog.load()
    film = catalog.schema("film")
    assert film.fields["rating"].choices == ("G", "PG", "PG-13", "R", "NC-17")
    assert [f.name for f in catalog.schema("film_actor").key] == ["film_id", "actor_id"]
    assert set(catalog.schema("rental").links) == {"inventory", "customer", "staff", "payments"}
    assert {"rentals", "payments", "store", "address"} == set(catalog.schema("customer").links)
    path = catalog.walk(catalog.schema("customer"), ["rentals", "inventory", "film", "film_categories", "category"])
    assert path[-1][1].name == "category"
    assert {n for n, s in catalog.schemas.items() if s.targetable} == {"customer", "staff", "rental", "payment"}
    assert catalog.schema("payment").version_field == "payment_date" and film.version_field == "last_update"
    assert not Relationship.objects.filter(one_to_one=True).exists()


@pytest.mark.django_db
def test_it_tells_the_command_line_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text("CREATE TABLE a (x int)")
    with pytest.raises(CommandError, match="primary key"):
        call_command("import_schema", file)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_schema", tmp_path / "none.sql")
