"""The figures as a CSV file: one line for each number, whatever it is about. Opens in every spreadsheet and starts nothing there."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext

from reporting.figures import Figures

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", ";", "|", "%")
BOM = "\ufeff"  # without it Excel reads UTF-8 as something else


def csv_of(figures: Figures) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe(gettext(word)) for word in ("Section", "Item", "Figure", "Value", "As text", "Explanation")])
    for line in lines(figures):
        writer.writerow([safe(cell) for cell in line])
    return BOM + out.getvalue()


def lines(figures: Figures) -> Iterator[tuple[Any, ...]]:
    """section, item, figure, value, as text, explanation."""
    head, section = figures.header, gettext("Campaign")
    yield section, head.name, gettext("Run"), head.run, head.run_label, ""
    yield section, head.name, gettext("Started"), iso(head.started), "", ""
    yield section, head.name, gettext("Finished"), iso(head.finished), "", ""
    yield section, head.name, gettext("Counted"), iso(head.counted), "", ""
    for figure in figures.metrics:
        yield gettext("Figures"), "", figure.label, figure.value, figure.text, figure.formula
    for row in figures.activities:
        section = gettext("Activities")
        numbers = (gettext("Rows in"), row.rows_in), (gettext("Rows out"), row.rows_out), (gettext("Complement"), row.complement)
        for label, value in (*numbers, (gettext("Excluded"), row.excluded)):
            yield section, row.label, label, value, "", row.kind
        for figure in row.metrics.values():
            yield gettext("Messages by activity"), row.label, figure.label, figure.value, figure.text, figure.formula
    for exclusion in figures.exclusions:
        yield gettext("Exclusions"), exclusion.activity, exclusion.label, exclusion.count, exclusion.text, exclusion.moment
    for link in figures.links:
        yield gettext("Links"), link.activity, link.url, link.unique_clicks, link.share, gettext("unique clicks")
    for series in figures.timeline.series:
        for moment, value in zip(figures.timeline.moments, series.values, strict=True):
            yield gettext("Time line"), series.label, iso(moment), value, "", figures.timeline.grain_label


def iso(moment: Any) -> str:
    return moment.isoformat(timespec="minutes") if moment else ""


def safe(cell: Any) -> Any:
    """Numbers as they are; a text that a spreadsheet would take for a formula gets an apostrophe, which it does not show."""
    if cell is None or isinstance(cell, (int, float)):
        return "" if cell is None else cell
    text = str(cell).replace("\x00", "")
    start = unicodedata.normalize("NFKC", text).lstrip(" \u200b\ufeff")
    return f"'{text}" if start.startswith(DANGEROUS) else text
