"""The CSV: one number on each line, and nothing that a spreadsheet would run."""

import csv
import io

import pytest

from reporting.figures import ActivityRow, Figures, Header, LinkRow, Series, Timeline
from reporting.metrics import Counts
from reporting.query import figures_of
from reporting.sheet import BOM, csv_of, safe

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", ";=1", " =1", "\u200b=1", "＋1", "|cmd", "%0A", '=HYPERLINK("http://x")']


def rows(figures: Figures) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_of(figures).removeprefix(BOM))))


def test_it_works() -> None:
    found = rows(Figures(header=Header(campaign=1, name="Winter"), metrics=figures_of(Counts({"state.sent": 4312}))))
    assert found[0] == ["Section", "Item", "Figure", "Value", "As text", "Explanation"]
    assert ["Figures", "", "Sent", "4312", "4,312", "messages that the receiving server accepted"] in found
    assert {len(row) for row in found} == {6}


@pytest.mark.parametrize("text", EVIL)
def test_texts_that_look_like_formulas_are_made_harmless(text) -> None:
    assert safe(text) == "'" + text
    row = ActivityRow("m", text, text, "Done", "", 1, 1, 0, 0, metrics={f.key: f for f in figures_of(Counts())})
    line = Timeline("hour", "by hour", [], [], [Series("state.sent", "Sent", [])])
    made = Figures(
        header=Header(campaign=1, name=text),
        metrics=figures_of(Counts()),
        activities=[row],
        links=[LinkRow("m", text, text, 1, 1, "100%")],
        timeline=line,
    )
    cells = {cell for row in rows(made) for cell in row}
    assert text not in cells and "'" + text.replace("\r", "\r") in cells


@pytest.mark.parametrize("number", [0, -5, 3.5, 10**12])
def test_numbers_stay_numbers(number) -> None:
    assert safe(number) is number


def test_plain_texts_are_left_alone() -> None:
    assert [safe(text) for text in ("Winter – sale", "50 % off", "a=b", "", None)] == ["Winter – sale", "50 % off", "a=b", "", ""]
