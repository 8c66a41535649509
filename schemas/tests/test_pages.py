"""The pages of schemas and imports: parse, call one verb, respond; and only for those who may."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from schemas.choices import ImportStatus, SchemaStatus
from schemas.jobs import run_import
from schemas.models import Field, Import, Relationship, Schema
from schemas.testing import make_schema, small_world

pytestmark = pytest.mark.django_db
DDL = "CREATE TABLE pet (id int PRIMARY KEY, name varchar(40), customer_id int REFERENCES customer (customer_id), born date, tags jsonb)"


@pytest.fixture
def world() -> None:
    small_world()


def person(*permissions: str) -> Client:
    user = get_user_model().objects.create_user(f"p{get_user_model().objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def schema(name: str) -> Schema:
    return Schema.objects.get(name=name)


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_it_shows_every_admin_page(world: None, admin_client: Client) -> None:
    customer = schema("customer")
    for name in ("schema", "field", "relationship", "import"):
        assert admin_client.get(reverse(f"admin:schemas_{name}_changelist")).status_code == 200
    for name in ("schema", "field", "relationship"):
        assert admin_client.get(reverse(f"admin:schemas_{name}_add")).status_code == 200
    page = text(admin_client.get(reverse("admin:schemas_schema_change", args=[customer.pk])))
    assert "customer.orders" in page and "customer.store" in page and reverse("schema-records", args=[customer.pk]) in page
    field = Field.objects.get(schema=customer, name="email")
    assert admin_client.get(reverse("admin:schemas_field_change", args=[field.pk])).status_code == 200
    link = Relationship.objects.get(source__name="order")
    page = text(admin_client.get(reverse("admin:schemas_relationship_change", args=[link.pk])))
    assert "Order · Customer id" in page and "Product · Price" not in page


def test_it_publishes_after_showing_the_changes(world: None, admin_client: Client) -> None:
    customer = schema("customer")
    customer.fields.create(name="points", label="Points", type="integer", position=20)
    address = reverse("schema-publish", args=[customer.pk])
    page = admin_client.get(address)
    assert "Customer: add “Points”." in text(page)
    assert admin_client.post(address, {"seal": "old"}).status_code == 409
    response = admin_client.post(address, {"seal": page.context["review"].seal}, follow=True)
    assert "Published." in text(response)
    assert "Nothing will change" in text(admin_client.get(address))


def test_it_publishes_several_together_and_lists_what_is_wrong(admin_client: Client) -> None:
    key = {"id": {"type": "integer", "key_position": 1}}
    first, second = make_schema("first", key), make_schema("second", {"name": {"type": "text"}})
    response = admin_client.post(
        reverse("admin:schemas_schema_changelist"), {"action": "publish_selected", "_selected_action": [first.pk, second.pk]}
    )
    assert response.headers["Location"].endswith(f"/schemas/{first.pk}/publish/?with={second.pk}")
    page = admin_client.get(response.headers["Location"])
    assert "No field is the primary key" in text(page)
    Field.objects.filter(schema=second).update(key_position=1)
    page = admin_client.get(response.headers["Location"])
    admin_client.post(reverse("schema-publish", args=[first.pk]), {"seal": page.context["review"].seal, "with": [second.pk]})
    assert set(Schema.objects.values_list("status", flat=True)) == {SchemaStatus.PUBLISHED}


def test_it_keeps_published_names(world: None, admin_client: Client) -> None:
    customer = schema("customer")
    assert "name" in admin_client.get(reverse("admin:schemas_schema_change", args=[customer.pk])).context["adminform"].readonly_fields
    field = customer.fields.get(name="city")
    data = {"label": "Town", "name": "town", "type": "text", "position": 7, "choices": "[]"}
    address = reverse("admin:schemas_field_change", args=[field.pk])
    assert "Rules and templates use this name" in text(admin_client.post(address, data))
    assert admin_client.post(address, {**data, "name": "city"}).status_code == 302
    field.refresh_from_db()
    assert (field.name, field.label) == ("city", "Town")
    assert admin_client.post(reverse("admin:schemas_schema_delete", args=[customer.pk]), {"post": "yes"}).status_code == 403


def test_it_pages_through_records(world: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.records.page.__defaults__", ("", "", False, 5))
    client = person("view_schema", "view_personal")
    address: str | None = reverse("schema-records", args=[schema("customer").pk])
    seen = []
    while address:
        page = client.get(address)
        seen += [row[0][0] for row in page.context["rows"]]
        address = f"?after={page.context['after']}" if page.context["after"] else None
        address = address and reverse("schema-records", args=[schema("customer").pk]) + address
    assert seen == [str(n) for n in range(1, 13)]
    lines = client.get(reverse("schema-records", args=[schema("order_line").pk]))
    assert lines.context["after"] == '["4", "1"]' or lines.context["after"]


def test_it_finds_records_and_refuses_bad_addresses(world: None) -> None:
    client = person("view_schema", "view_personal")
    address = reverse("schema-records", args=[schema("customer").pk])
    assert len(client.get(address, {"q": "dur"}).context["rows"]) == 3
    assert len(client.get(address, {"q": "7"}).context["rows"]) == 1
    assert client.get(address, {"q": "%"}).context["rows"] == client.get(address, {"q": "\x00"}).context["rows"] == []
    for bad in ("x", "[]", '["x"]', "[1]", "[[]]", "null", "[" * 900):
        assert client.get(address, {"after": bad}).status_code == 400


def test_it_hides_personal_data_from_those_who_may_not_see_it(world: None) -> None:
    page = person("view_schema").get(reverse("schema-records", args=[schema("customer").pk]))
    assert "ada@example.com" not in text(page) and "Lovelace" not in text(page) and "London" in text(page)
    assert person("view_schema").get(reverse("schema-count", args=[schema("customer").pk])).content == b"12"


def test_it_keeps_people_out_who_may_not(world: None) -> None:
    import_ = Import.objects.create(schema=schema("store"), file_name="a.csv", path="x")
    pk = schema("store").pk
    pages = [
        reverse("schema-publish", args=[pk]), reverse("schema-records", args=[pk]), reverse("schema-count", args=[pk]), reverse("ddl-upload"),
        reverse("import-upload"), reverse("import-progress", args=[import_.pk]), reverse("import-rejects", args=[import_.pk]),
    ]  # fmt: skip
    nobody = person()
    assert {nobody.get(page).status_code for page in pages} == {403}
    assert {Client().get(page).status_code for page in pages} == {302}


def test_it_describes_from_ddl_after_a_review(world: None, admin_client: Client) -> None:
    address = reverse("ddl-upload")
    assert "Read it" in text(admin_client.get(address))
    page = admin_client.post(address, {"dialect": "postgres", "file": SimpleUploadedFile("a.sql", DDL.encode())})
    assert (
        "pet.<strong>customer</strong>" in text(page)
        and "customer.<strong>pets</strong>" in text(page)
        and "JSONB is kept as text" in text(page)
    )
    assert not Schema.objects.filter(name="pet").exists()
    admin_client.post(address, {"dialect": "postgres", "text": DDL, "version-pet": "born", "action": "publish"})
    pet = schema("pet")
    assert (pet.status, pet.version_field.name if pet.version_field else "", pet.targetable) == (SchemaStatus.PUBLISHED, "born", True)
    again = admin_client.post(address, {"dialect": "postgres", "text": DDL, "action": "publish"})
    assert "already" in text(again) and "Describe and create" not in text(again)


def test_it_refuses_bad_ddl(admin_client: Client, settings: Any) -> None:
    address = reverse("ddl-upload")
    assert "Choose a file" in text(admin_client.post(address, {"dialect": "postgres"}))
    assert "not UTF-8" in text(admin_client.post(address, {"dialect": "postgres", "file": SimpleUploadedFile("a.sql", b"\xff")}))
    assert "no CREATE TABLE" in text(admin_client.post(address, {"dialect": "postgres", "text": "<script>alert(1)</script>"}))
    settings.DDL_MAX_BYTES = 10
    assert admin_client.post(address, {"dialect": "postgres", "text": DDL}).status_code == 400


def test_it_loads_an_upload_and_shows_the_counts(world: None) -> None:
    client = person("ingest_records", "view_import", "view_schema")
    file = SimpleUploadedFile("shops.csv", b"store_id,name,city\n1,Harbour,Marseille\n3,=Hill,Lyon\nx,,\n")
    assert "shops" not in text(client.get(reverse("import-upload"), {"schema": schema("store").pk}))
    response = client.post(reverse("import-upload"), {"schema": schema("store").pk, "file": file})
    import_ = Import.objects.get()
    assert response.headers["Location"] == reverse("import-progress", args=[import_.pk])
    assert 'hx-trigger="every 1s"' in text(client.get(response.headers["Location"], headers={"HX-Request": "true"}))
    run_import(import_.pk)
    page = text(client.get(response.headers["Location"]))
    assert "every 1s" not in page and "Store id: not a whole number" in page
    download = client.get(reverse("import-rejects", args=[import_.pk]))
    assert download.headers["Content-Disposition"] == f'attachment; filename="rejected-{import_.pk}.csv"'
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(download.streaming_content).startswith(b"_line,_reason,store_id")  # type: ignore[attr-defined]


def test_it_shows_why_a_file_failed(world: None, settings: Any) -> None:
    client = person("ingest_records", "view_import")
    client.post(reverse("import-upload"), {"schema": schema("store").pk, "file": SimpleUploadedFile("a.csv", b"id\n1\n")})
    run_import(Import.objects.get().pk)
    assert Import.objects.get().status == ImportStatus.FAILED
    assert "Store has no field “id”" in text(client.get(reverse("import-progress", args=[Import.objects.get().pk])))
    assert client.get(reverse("import-rejects", args=[Import.objects.get().pk])).status_code == 404
    settings.UPLOAD_MAX_BYTES = 2
    page = client.post(reverse("import-upload"), {"schema": schema("store").pk, "file": SimpleUploadedFile("a.csv", b"id\n1\n")})
    assert "larger than" in text(page)


def test_it_goes_from_a_ddl_file_to_records_that_rules_can_ask(world: None, admin_client: Client) -> None:
    """The whole way by pages: describe, create, load, see what was refused, load that again corrected, ask."""
    address = reverse("ddl-upload")
    review = admin_client.post(address, {"dialect": "postgres", "file": SimpleUploadedFile("pets.sql", DDL.encode())})
    assert (review.status_code, Schema.objects.filter(name="pet").exists()) == (200, False)
    hidden = dict(re.findall(r'<textarea[^>]*name="(text)"[^>]*>\n?(.*?)</textarea>', html.unescape(review.content.decode()), re.S))
    admin_client.post(address, {"dialect": "postgres", **hidden, "action": "publish"})
    pet = schema("pet")

    lines = "id,name,customer_id,born,tags\n1,Rex,1,2020-02-29,\n2,Minka,1,2021-02-29,\n3,Ñandú,2,2022-01-01,\n"
    page, import_ = loaded(admin_client, pet, "pets.csv", lines.encode())
    counts = dict(zip(re.findall(r't-kpi">([\d,]+)<', page), re.findall(r't-muted">([a-z ]+)</div></div>', page), strict=True))
    assert (import_.read, import_.inserted, import_.rejected) == (3, 2, 1) and {"3", "2", "1"} <= set(counts)
    assert "Born: not a date" in page and reverse("import-rejects", args=[import_.pk]) in page

    rejected = b"".join(admin_client.get(reverse("import-rejects", args=[import_.pk])).streaming_content)  # type: ignore[attr-defined]
    page, again = loaded(admin_client, pet, "corrected.csv", rejected.replace(b"2021-02-29", b"2021-02-28"))
    assert (again.read, again.inserted, again.rejected) == (1, 1, 0), page

    records = admin_client.get(reverse("schema-records", args=[pet.pk]))
    assert [row[0][0] for row in records.context["rows"]] == ["1", "2", "3"] and "Ñandú" in text(records)
    two_pets = {
        "kind": "link",
        "path": ["pets"],
        "quantifier": "count",
        "op": "ge",
        "value": 2,
        "where": {"kind": "group", "op": "and", "not": False, "items": []},
    }
    rule = {"version": 1, "schema": "customer", "where": {"kind": "group", "op": "and", "not": False, "items": [two_pets]}}
    assert admin_client.post(reverse("rule-count"), {"rule": rule}, content_type="application/json").json()["count"] == 1


def loaded(client: Client, target: Schema, name: str, content: bytes) -> tuple[str, Import]:
    """Uploaded by the form, and done by a worker: the page about it, and the load."""
    response = client.post(reverse("import-upload"), {"schema": target.pk, "file": SimpleUploadedFile(name, content)})
    import_ = Import.objects.latest("pk")
    assert response.headers["Location"] == reverse("import-progress", args=[import_.pk])
    run_import(import_.pk)
    import_.refresh_from_db()
    return client.get(response.headers["Location"]).content.decode(), import_
