"""Ingest: every row is accounted for, and a failed load changes nothing."""

import csv
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection

from schemas.choices import ImportStatus
from schemas.exceptions import IngestError
from schemas.ingest import IMPORT_LOCK, counts_of, create_import, file_of, in_order, ingest
from schemas.models import Import, Schema
from schemas.query import fetch_rows
from schemas.tables import publish
from schemas.testing import info_of, insert_records, make_link, make_schema, sakila, sakila_available

pytestmark = pytest.mark.django_db
THING = {
    "id": {"type": "integer", "key_position": 1},
    "name": {"type": "text", "max_length": 20, "required": True},
    "seen": {"type": "datetime"},
    "size": {"type": "integer", "default": "4"},
}


@pytest.fixture
def thing() -> Schema:
    schema = make_schema("thing", THING)
    schema.version_field = schema.fields.get(name="seen")
    schema.save()
    publish(schema)
    return schema


def load(schema: Schema, text: str) -> Import:
    upload = SimpleUploadedFile("../../évil\n.csv", text.encode())
    import_ = ingest(create_import(schema, upload.name or "", upload))
    counts = counts_of(import_)
    assert counts.pop("read") == sum(counts.values())
    return import_


def some(import_: Import) -> dict[str, int]:
    return {name: n for name, n in counts_of(import_).items() if n and name != "read"}


def records(name: str, *fields: str) -> list[tuple[Any, ...]]:
    info = info_of(name)
    columns = [info.table.c[info.fields[f].column] for f in fields]
    return fetch_rows(sa.select(*columns).order_by(*(info.table.c[f.column] for f in info.key)))[1]


def test_it_inserts_updates_deletes_and_leaves_alone(thing: Schema) -> None:
    assert some(load(thing, "id,name,size\n1,one,1\n2,two,2\n3,three,3\n")) == {"inserted": 3}
    import_ = load(thing, "_change_request_type,id,name,size\nu,1,one,1\nU,2,deux,2\nD,3,,\nd,99,,\nu,4,four,4\n")
    assert some(import_) == {"inserted": 1, "updated": 1, "deleted": 1, "unchanged": 2}
    assert records("thing", "id", "name") == [(1, "one"), (2, "deux"), (4, "four")]
    assert (import_.status, import_.progress, import_.rejects_path) == (ImportStatus.DONE, 100, "")
    assert not file_of(import_.path).exists() and "/" not in import_.file_name


def test_it_changes_only_the_columns_of_the_file(thing: Schema) -> None:
    load(thing, "id,name,size\n1,one,7\n")
    import_ = load(thing, "id,name\n1,uno\n2,two\n")
    assert records("thing", "name", "size") == [("uno", 7), ("two", 4)]
    assert "seen, size" in " ".join(import_.notes) and "_change_request_type" in import_.notes[0]
    assert some(load(thing, "id\n1\n")) == {"unchanged": 1}
    keyless = load(thing, "id,size\n1,8\n9,9\n")
    assert (some(keyless), keyless.reasons) == ({"updated": 1, "rejected": 1}, {"New record, but the file does not have: Name": 1})


def test_it_ignores_late_rows_and_takes_the_newest_of_a_file(thing: Schema) -> None:
    load(thing, "id,name,seen\n1,one,2026-05-05 10:00\n2,two,2026-05-05 10:00\n")
    import_ = load(
        thing,
        "_change_request_type,id,name,seen\nu,1,old,2026-05-05 09:59\nd,2,,2026-05-05T07:59Z\nu,3,new,2026-03-01\nu,3,old,2026-01-01\nu,3,new,2026-03-01\n",
    )
    assert (some(import_), records("thing", "name")) == ({"inserted": 1, "late": 4}, [("one",), ("two",), ("new",)])
    assert "2 rows were overtaken" in " ".join(import_.notes)


def test_it_takes_the_last_row_without_versions(thing: Schema) -> None:
    import_ = load(thing, "_change_request_type,id,name\nu,1,a\nd,1,\nu,1,c\n")
    assert (some(import_), records("thing", "name")) == ({"inserted": 1, "late": 2}, [("c",)])


def test_it_writes_rejected_rows_to_a_file(thing: Schema) -> None:
    import_ = load(thing, "id,name,size\nx,=1+1,1\n2,ok,1\n3,short\n")
    assert (some(import_), sum(import_.reasons.values())) == ({"inserted": 1, "rejected": 2}, 2)
    path = file_of(import_.rejects_path)
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    with open(path, newline="") as file:
        assert list(csv.reader(file)) == [
            ["_line", "_reason", "id", "name", "size"],
            ["2", "Id: not a whole number", "x", "'=1+1", "1"],
            ["4", "It has another number of columns than the header", "3", "short"],
        ]


def test_it_loads_a_file_of_rejected_rows_again(thing: Schema) -> None:
    """As it was, but for what was corrected; what is wrong again comes back in the same form."""
    import_ = load(thing, "id,name,size\nx,=1+1,1\ny,'=2,1\nz,-z,1\n3,'q,one\n")
    assert some(import_) == {"rejected": 4}
    corrected = file_of(import_.rejects_path).read_text().replace(",x,", ",1,").replace(",y,", ",2,").replace(",one", ",1")
    again = load(thing, corrected)
    assert (some(again), records("thing", "name")) == ({"inserted": 3, "rejected": 1}, [("=1+1",), ("'=2",), ("'q",)])
    third = load(thing, file_of(again.rejects_path).read_text().replace(",z,", ",4,"))
    assert (some(third), records("thing", "name")[-1]) == ({"inserted": 1}, ("-z",))


def test_it_fails_as_a_whole_and_changes_nothing(thing: Schema) -> None:
    load(thing, "id,name\n1,one\n")
    import_ = load(thing, 'id,name\n1,changed\n2,"two\n')
    assert (import_.status, import_.inserted, records("thing", "name")) == (ImportStatus.FAILED, 0, [("one",)])
    assert "line 3: A quote is opened" in import_.error
    assert load(thing, "id,nom\n1,x\n").status == ImportStatus.FAILED


def test_it_handles_composite_keys() -> None:
    schema = make_schema(
        "line",
        {
            "a": {"type": "text", "key_position": 1},
            "b": {"type": "integer", "key_position": 2},
            "n": {"type": "decimal", "precision": 4, "scale": 1},
        },
    )
    publish(schema)
    assert some(load(schema, 'a,b,n\n"x,y",1,1.5\n"x,y",2,2.5\nX,1,1\n')) == {"inserted": 3}
    assert some(load(schema, '_change_request_type,a,b,n\nu,"x,y",1,1.50\nd,"x,y",2,\n')) == {"unchanged": 1, "deleted": 1}


def test_it_rejects_broken_references_only_where_enforced() -> None:
    key = {"id": {"type": "integer", "key_position": 1}}
    parent = make_schema("parent", key)
    child = make_schema("child", {**key, "parent_id": {"type": "integer"}, "boss_id": {"type": "integer"}, "loose_id": {"type": "integer"}})
    make_link(child, "parent", parent, "children", [("parent_id", "id")], enforced=True)
    make_link(child, "boss", child, "team", [("boss_id", "id")], enforced=True)
    make_link(child, "loose", parent, "loose_children", [("loose_id", "id")])
    publish([parent, child])
    insert_records("parent", [{"id": 1}, {"id": 2}])
    import_ = load(child, "id,parent_id,boss_id,loose_id\n1,1,2,77\n2,,1,\n3,9,,\n4,1,3,\n5,1,4,\n6,1,1,\n")
    assert (some(import_), [r[0] for r in records("child", "id")]) == ({"inserted": 3, "rejected": 3}, [1, 2, 6])
    assert import_.reasons == {"Parent: there is no such record": 1, "Boss: there is no such record": 2}
    import_ = load(parent, "_change_request_type,id\nd,1\nd,2\n")
    assert (some(import_), import_.reasons) == ({"deleted": 1, "rejected": 1}, {"It cannot be deleted: Child still refers to it": 1})
    assert some(load(child, "_change_request_type,id\nd,1\nd,2\nd,6\n")) == {"deleted": 3}


def test_it_rejects_shared_unique_values() -> None:
    schema = make_schema("user", {"id": {"type": "integer", "key_position": 1}, "login": {"type": "text", "unique": True}})
    publish(schema)
    load(schema, "id,login\n1,ada\n2,bob\n")
    import_ = load(schema, "id,login\n2,ben\n3,ada\n4,cy\n5,cy\n6,\n7,\n")
    assert (some(import_), records("user", "login")) == (
        {"inserted": 3, "updated": 1, "rejected": 2},
        [("ada",), ("ben",), ("cy",), (None,), (None,)],
    )
    assert load(schema, "id,login\n1,ben\n2,ada\n").status == ImportStatus.FAILED  # a swap: the two contradict each other for a moment
    assert records("user", "login")[:2] == [("ada",), ("ben",)]


def test_it_does_nothing_unless_the_import_waits(thing: Schema, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,one\n")
    import_ = ingest(create_import(thing, "a.csv", path))
    assert path.exists()
    path.write_text("id,name\n1,other\n")
    assert ingest(import_).inserted == 1 and records("thing", "name") == [("one",)]


@pytest.mark.django_db(transaction=True)
def test_it_leaves_an_import_to_the_worker_that_has_it(thing: Schema, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,one\n")
    import_ = create_import(thing, "a.csv", tmp_path / "a.csv")

    def elsewhere() -> None:
        try:
            seen.append(ingest(Import.objects.get(pk=import_.pk)).status)
        finally:
            connection.close()

    seen: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [IMPORT_LOCK, import_.pk])
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, import_.pk])
    assert seen == [ImportStatus.WAITING]
    assert ingest(import_).inserted == 1


def test_it_refuses_what_is_not_allowed(thing: Schema, settings: Any) -> None:
    upload = SimpleUploadedFile("a.csv", b"id,name\n1,one\n")
    with pytest.raises(PermissionDenied):
        create_import(thing, "a.csv", upload, get_user_model().objects.create_user("nobody"))
    with pytest.raises(IngestError, match="not published"):
        create_import(make_schema("draft", THING), "a.csv", upload)
    settings.UPLOAD_MAX_BYTES = 4
    with pytest.raises(IngestError, match="larger than"):
        create_import(thing, "a.csv", upload)
    assert not any((Path(settings.MEDIA_ROOT) / "imports").glob("*"))


def test_it_orders_schemas_by_their_links(thing: Schema) -> None:
    other = make_schema("other", THING)
    make_link(thing, "other", other, "things", [("size", "id")])
    make_link(thing, "self", thing, "selves", [("size", "id")])
    assert in_order([thing, other]) == [other, thing]


def test_it_loads_a_folder_from_the_command_line(thing: Schema, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thing.csv").write_text("id,name\n1,one\n2,\n")
    (tmp_path / "other.csv").write_text("id\n")
    call_command("ingest", str(tmp_path))
    output = capsys.readouterr()
    assert "thing: 2 read, 1 inserted" in output.out and "1 rejected" in output.out and "other.csv: skipped" in output.err
    for words in (["nothing", tmp_path / "thing.csv"], [str(tmp_path / "none")], ["thing", tmp_path / "missing.csv"]):
        with pytest.raises(CommandError):
            call_command("ingest", *words)


@pytest.mark.skipif(not sakila_available(), reason="The Sakila files are not beside the project.")
def test_it_loads_sakila_twice() -> None:
    sakila()
    assert sum(Import.objects.values_list("inserted", flat=True)) > 46_000
    rental = Import.objects.get(schema__name="rental")
    again = ingest(create_import(rental.schema, "rental.csv", Path(rental.path)))
    assert some(again) == {"unchanged": 16_044}
