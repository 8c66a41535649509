"""The PDF, read back: pages numbered, fonts embedded, nothing lost, whatever the names are."""

import io

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from reporting import fonts
from reporting.charts import TICKS, nice
from reporting.figures import ActivityRow, Exclusion, Figures, Header, LinkRow, Series, Timeline
from reporting.fonts import Writer, joined, visual
from reporting.metrics import Counts
from reporting.pdf import ROWS_SHOWN, pdf_of
from reporting.query import figures_of, funnel_of

NAMES = {
    "long": "A name that goes on and on " * 12,
    "one word": "W" * 300,
    "emoji": "Soldes d'hiver 🎉🎁",
    "hebrew": "מבצע חורף",
    "arabic": "عروض الشتاء",
    "chinese": "冬のセール",
    "markup": "<b>Bold</b> & <para> </para> &amp; {{ 7*7 }}",
    "controls": "a\x00b\x1b[31m\r\n\u202ec\ufeff",
    "empty": "",
}


def figures(name: str = "Winter", counts: Counts | None = None, **more) -> Figures:
    metrics = figures_of(counts or Counts())
    return Figures(header=Header(campaign=1, name=name, run=7, version=2), metrics=metrics, funnel=funnel_of(metrics), **more)


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(data).pages)


def embedded_fonts(reader: PdfReader) -> dict[str, bool]:
    found = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object()
            kind = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            found[font["/BaseFont"]] = "/FontFile2" in kind.get("/FontDescriptor", {})
    return found


def test_it_works() -> None:
    data = pdf_of(figures(counts=Counts({"state.sent": 4312}, audience=5000, excluded=688)), prepared_by="Claire Martin")
    text = text_of(data)
    assert data.startswith(b"%PDF") and "Winter" in text and "4,312" in text and "Claire Martin" in text
    for number, page in enumerate(read(data).pages, 1):
        assert f"Page {number} of {len(read(data).pages)}" in page.extract_text()


def test_fonts_are_embedded() -> None:
    used = embedded_fonts(read(pdf_of(figures())))
    assert {name.split("+")[-1]: inside for name, inside in used.items()} == {"DejaVuSans": True, "DejaVuSans-Bold": True}


def test_it_names_no_person_in_its_properties() -> None:
    properties = read(pdf_of(figures(), prepared_by="Claire Martin")).metadata
    assert (properties.title, properties.author) == ("Campaign report: Winter", "Tutti")
    assert "Claire" not in str(dict(properties))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_can_be_printed(name) -> None:
    row = ActivityRow("m", name, "E-mail", "Done", "", 1, 1, 0, 0, metrics={f.key: f for f in figures_of(Counts())})
    exclusion = Exclusion("m", name, "no_address", "No address", "Before sending", 3, "3")
    line = Timeline("hour", "by hour", [], [name[:20]], [Series("state.sent", name[:20], [3])])
    text = text_of(
        pdf_of(
            figures(
                name,
                activities=[row],
                exclusions=[exclusion],
                links=[LinkRow("m", name, "https://x.example/" + "y" * 482, 1, 1, "100%")],
                timeline=line,
            )
        )
    )
    for word in name.split():
        if word.isascii() and word.isalpha() and len(word) < 30:
            assert word in text


def test_a_character_without_a_glyph_is_shown_as_a_box_and_noted() -> None:
    text = text_of(pdf_of(figures("Soldes 🎉")))
    assert "Soldes □" in text and "□ stands for a character" in text
    assert "□" not in text_of(pdf_of(figures("Soldes d’été – 50 € Ελλάδα Москва")))


def test_long_tables_say_how_much_they_leave_out() -> None:
    rows = [ActivityRow(f"a{n}", f"Activity {n}", "Split", "Done", "good", 1, 1, 0, 0) for n in range(500)]
    text = text_of(pdf_of(figures(activities=rows)))
    assert f"The first {ROWS_SHOWN} of 500." in text and "Activity 59" in text and "Activity 60" not in text
    links = [LinkRow("m", "Mail", "https://x.example/", 1, 1, "100%")]
    assert "The first 1 of 7000." in text_of(pdf_of(figures(links=links, links_in_all=7000)))


def test_a_campaign_without_a_run_has_a_report_too() -> None:
    assert "has not run yet" in text_of(pdf_of(Figures(header=Header(campaign=1, name="New"), metrics=figures_of(Counts()))))


def test_it_speaks_the_reader_s_language() -> None:
    with override("fr"):
        assert pdf_of(figures()).startswith(b"%PDF")


def test_without_node_modules_the_bundled_font_is_used(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(fonts, "DEJAVU", tmp_path)
    fonts.registered.cache_clear()
    fonts.glyphs.cache_clear()
    try:
        used = embedded_fonts(read(pdf_of(figures("Été ∞ 日"))))
        assert all("Vera" in name and inside for name, inside in used.items())
    finally:
        monkeypatch.undo()
        fonts.registered.cache_clear()
        fonts.glyphs.cache_clear()
        fonts.registered()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_every_text_becomes_printable(text) -> None:
    writer = Writer()
    assert all(ord(char) in fonts.glyphs() or char.isspace() for char in writer.text(text))


def test_right_to_left_words_are_in_the_order_in_which_they_are_seen() -> None:
    assert visual("Sale אבג דהו now") == "Sale והד גבא now"
    assert joined("لا") == "ﻻ" and joined("abc") == "abc"
    assert [hex(ord(char)) for char in joined("بيت")] == ["0xfe91", "0xfef4", "0xfe96"]  # first, middle and last form


@pytest.mark.parametrize("highest", [0, 1, 3, 9, 10, 11, 99, 1523, 1_000_001])
def test_axes_end_on_round_numbers(highest) -> None:
    top = nice(highest)
    assert highest <= top <= max(highest * 2.5, 4) and top % TICKS == 0
