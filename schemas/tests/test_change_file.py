"""Reading change files: strict, row by row, with a reason for every refusal."""

import datetime
from pathlib import Path

import pytest

from schemas.catalog import FieldInfo, SchemaInfo
from schemas.change_file import ChangeFile, Refusal, RefusalFile, Row, cell_reader, harmless
from schemas.exceptions import IngestError

FIELDS = [
    FieldInfo(1, "id", "ID", "integer", key_position=1),
    FieldInfo(2, "name", "Name", "text", max_length=5, required=True),
    FieldInfo(3, "size", "Size", "enumeration", choices=("S", "L"), required=True, default="S"),
]
THING = SchemaInfo(9, "thing", "Thing", {f.name: f for f in FIELDS}, {})


def read(tmp_path: Path, content: bytes | str) -> list[Row | Refusal]:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(ChangeFile(path, THING))


def problems(tmp_path: Path, content: bytes | str) -> str:
    with pytest.raises(IngestError) as caught:
        read(tmp_path, content)
    return " / ".join(f"{p.where} {p.text}" for p in caught.value.problems)


def test_it_reads_rows_with_their_lines(tmp_path: Path) -> None:
    rows = read(tmp_path, '\ufeff_Change_Request_Type,ID,name ,size\r\nU,1,"a\nb",L\r\n\r\nd, 2 ,,\r\n')
    assert rows == [Row(2, "u", ("1", "a\nb", "L")), Row(5, "d", ("2", None, None))]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_it_takes_every_line_ending(tmp_path: Path, ending: str) -> None:
    assert len(read(tmp_path, ending.join(["id,name", "1,a", "2,b"]))) == 2


def test_it_keeps_text_as_it_is_and_fills_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "id,name,size\n1, é ,\n") == [Row(2, "u", ("1", " é ", "S"))]


def test_it_refuses_bad_rows_one_by_one(tmp_path: Path) -> None:
    content = "_change_request_type,id,name,size\nu,1,a\nu,1,a,L,more\nx,1,a,L\nu,,a,L\nu,1,,L\nu,1,abcdef,L\nu,1,a\x00,L\nu,1,a,M\nu,٣,a,L\nu,3,ok,L\n"
    rows = read(tmp_path, content)
    assert [(r.line, r.reason) for r in rows if isinstance(r, Refusal)] == [
        (2, "It has another number of columns than the header"),
        (3, "It has another number of columns than the header"),
        (4, "_change_request_type is neither u nor d"),
        (5, "ID: empty, but required"),
        (6, "Name: empty, but required"),
        (7, "Name: longer than 5 characters"),
        (8, "Name: contains NUL"),
        (9, "Size: not one of the values of the list"),
        (10, "ID: not a whole number"),
    ]
    assert rows[-1] == Row(11, "u", ("3", "ok", "L"))


def test_it_refuses_bad_headers_with_positions(tmp_path: Path) -> None:
    found = problems(tmp_path, "id,Name,name ,,colour\n")
    assert found == "column 3 “name” is also column 2. / column 4 The header is empty. / column 5 Thing has no field “colour”."
    assert "“id” is missing" in problems(tmp_path, "name\nx\n")
    assert "not separated by commas" in problems(tmp_path, "id;name\n1;x\n")
    assert "empty" in problems(tmp_path, "")


def test_it_refuses_broken_files_as_a_whole(tmp_path: Path) -> None:
    assert "line 3 A quote is opened" in problems(tmp_path, 'id,name\n1,a\n2,"b\n3,c\n4,d\n')
    assert "byte 13 The file is not UTF-8" in problems(tmp_path, b"id,name\n1,caf\xe9\n").replace("byte 14", "byte 13")
    assert "byte 1 The file is not UTF-8" in problems(tmp_path, "id,name\n".encode("utf-16"))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (FieldInfo(1, "f", "F", "decimal", precision=5, scale=2), {"1.50": "1.50", " -999.99 ": "-999.99", "1e2": "1E+2", "1.500": "1.500", "0": "0"}, ["1000", "1.005", "NaN", "Infinity", "1_0", "1,5", "", "."]),
        (FieldInfo(1, "f", "F", "double"), {"1e10": "1E+10"}, ["1e400", "inf"]),
        (FieldInfo(1, "f", "F", "integer"), {"+7": "7", "007": "7"}, ["2147483648", "1.0", "1e3"]),
        (FieldInfo(1, "f", "F", "boolean"), {"T": "t", "0": "f", "Yes": "t"}, ["vrai", "2"]),
        (FieldInfo(1, "f", "F", "date"), {"2024-02-29": "2024-02-29"}, ["2023-02-29", "31/12/2024", "infinity", "0000-01-01", "24-01-01"]),
        (FieldInfo(1, "f", "F", "datetime"), {"2026-07-01 10:00": "2026-07-01 10:00:00+02:00", "2026-07-01T10:00:00Z": "2026-07-01 10:00:00+00:00"}, ["2026-07-01 24:01", "now"]),
        (FieldInfo(1, "f", "F", "uuid"), {"{00000000-0000-0000-0000-000000000007}": "00000000-0000-0000-0000-000000000007"}, ["7"]),
    ],
)  # fmt: skip
def test_it_reads_each_type_strictly(field: FieldInfo, good: dict[str, str], bad: list[str]) -> None:
    convert = cell_reader(field)
    assert {cell: convert(cell) for cell in good} == good
    for cell in bad:
        with pytest.raises(ValueError):
            convert(cell)


def test_it_writes_refusals_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    file = RefusalFile(tmp_path / "folder" / "r.csv")
    file.write(Refusal(3, "bad", ('=cmd|"/c"', "-5", "-1+1", "@x", "plain", datetime.date(2026, 1, 1))), ("a",))  # type: ignore[arg-type]
    file.close()
    assert file.path.read_text().splitlines()[1] == '3,bad,"\'=cmd|""/c""",-5,\'-1+1,\'@x,plain,2026-01-01'
    assert harmless(None) == ""
