"""The report as a PDF, made of the same figures as the screen; A4, fonts embedded."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.utils.timezone import localtime
from django.utils.translation import gettext
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from reporting.charts import ACCENT, INK, LINE, MUTED, SOFT, funnel, time_line
from reporting.figures import Figure, Figures
from reporting.fonts import Writer, registered
from reporting.metrics import UNDEFINED, written
from reporting.timeline import written_moment

MARGIN, FOOT = 18 * mm, 20 * mm
WIDTH = A4[0] - 2 * MARGIN
ROWS_SHOWN = 60  # of one table; the rest is counted in a line below it
LONG_NAME = 70  # letters; longer names get smaller type
CARDS_IN_A_ROW = 4
MESSAGE_COLUMNS = {  # with their widths in hundredths
    "planned": 8, "sent": 8.5, "delivered": 9.5, "bounced": 9, "failed": 8.5, "unknown": 11, "unique_opens": 8.5, "unique_clicks": 8, "unsubscribes": 12,
}  # fmt: skip


def pdf_of(figures: Figures, prepared_by: str = "", at: datetime | None = None) -> bytes:
    """The report, ready to be forwarded."""
    return Paper(figures, prepared_by, at).bytes()


class NumberedCanvas(Canvas):
    """Writes "Page 2 of 5" when it is known how many there are."""

    foot = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initialFontName": registered()[0]})  # else every page names Helvetica, which nobody embeds
        self.pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self.pages, 1):
            self.__dict__.update(page)
            self.draw_foot(number, len(self.pages))
            super().showPage()
        super().save()

    def draw_foot(self, number: int, of: int) -> None:
        self.setStrokeColor(LINE)
        self.line(MARGIN, FOOT - 4 * mm, A4[0] - MARGIN, FOOT - 4 * mm)
        self.setFont(registered()[0], 7.5)
        self.setFillColor(MUTED)
        self.drawString(MARGIN, FOOT - 9 * mm, self.foot)
        self.drawRightString(A4[0] - MARGIN, FOOT - 9 * mm, gettext("Page %(page)s of %(pages)s") % {"page": number, "pages": of})


class Paper:
    """One report on its way to the page."""

    def __init__(self, figures: Figures, prepared_by: str, at: datetime | None) -> None:
        self.figures, self.prepared_by, self.at = figures, prepared_by, at or localtime()
        self.writer = Writer()
        normal, bold = registered()
        base = ParagraphStyle("base", fontName=normal, fontSize=9, leading=13, textColor=INK)
        self.styles = {
            "base": base,
            "over": ParagraphStyle("over", base, fontName=bold, fontSize=8, textColor=ACCENT, spaceAfter=3),
            "title": ParagraphStyle("title", base, fontName=bold, fontSize=22, leading=27, spaceAfter=8),
            "long": ParagraphStyle("long", base, fontName=bold, fontSize=13, leading=17, spaceAfter=8),
            "heading": ParagraphStyle("heading", base, fontName=bold, fontSize=11.5, leading=15, spaceBefore=16, spaceAfter=6),
            "summary": ParagraphStyle("summary", base, fontSize=10.5, leading=16),
            "small": ParagraphStyle("small", base, fontSize=7.5, leading=10, textColor=MUTED),
            "cell": ParagraphStyle("cell", base, fontSize=8, leading=11),
            "number": ParagraphStyle("number", base, fontSize=8, leading=11, alignment=TA_RIGHT),
            "head": ParagraphStyle("head", base, fontSize=7, leading=9, textColor=MUTED),
            "head_number": ParagraphStyle("head_number", base, fontSize=7, leading=9, textColor=MUTED, alignment=TA_RIGHT),
            "kpi": ParagraphStyle("kpi", base, fontName=bold, fontSize=17, leading=21),
        }

    def bytes(self) -> bytes:
        out, name = io.BytesIO(), self.figures.header.name
        title = gettext("Campaign report: %(name)s") % {"name": name}
        document = BaseDocTemplate(out, pagesize=A4, title=title, author="Tutti", creator="Tutti", subject=gettext("Campaign report"))
        frame = Frame(MARGIN, FOOT, WIDTH, A4[1] - MARGIN - FOOT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
        document.addPageTemplates(PageTemplate(frames=[frame]))
        NumberedCanvas_ = type("NumberedCanvas_", (NumberedCanvas,), {"foot": self.writer.text(shortened(title, 100))})
        document.build(self.story(), canvasmaker=NumberedCanvas_)
        return out.getvalue()

    def story(self) -> list[Flowable]:
        parts: list[Flowable] = [
            *self.head(),
            *self.cards(),
            *self.pictures(),
            *self.activities(),
            *self.messages(),
            *self.exclusions(),
            *self.links(),
        ]
        return [*parts, *self.formulas(), *self.missing()]  # the last one knows what the others could not print

    # --- words --------------------------------------------------------------------------------------------------------

    def say(self, text: object, style: str = "base") -> Paragraph:
        return Paragraph(escape(self.writer.text(text)), self.styles[style])

    def heading(self, text: str) -> Paragraph:
        return self.say(text, "heading")

    # --- parts --------------------------------------------------------------------------------------------------------

    def head(self) -> list[Flowable]:
        head, figures = self.figures.header, self.figures
        said = [self.say(" ".join(figures.summary) or gettext("This campaign has not run yet."), "summary")]
        said += [self.say(note, "small") for note in figures.notes]
        box = Table([[said]], colWidths=[WIDTH], style=TableStyle([("BACKGROUND", (0, 0), (-1, -1), SOFT), *padding(10, 10)]))
        facts = [
            (gettext("Period"), self.period()),
            (gettext("Status"), head.status_label or UNDEFINED),
            (gettext("Run"), f"#{head.run} · {gettext('version %(number)s') % {'number': head.version}}" if head.run else UNDEFINED),
            (gettext("Prepared"), " · ".join(filter(None, (written_moment(self.at), self.prepared_by)))),
        ]
        cells = [[self.say(label, "small"), self.say(shortened(value, 120), "cell")] for label, value in facts]
        widths = [WIDTH * share for share in (0.28, 0.22, 0.17, 0.33)]
        table = Table(
            [cells],
            colWidths=widths,
            style=TableStyle([*padding(0, 0), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("RIGHTPADDING", (0, 0), (-1, -1), 8)]),
        )
        name = self.say(head.name, "title" if len(head.name) <= LONG_NAME else "long")
        return [self.say(gettext("Campaign report"), "over"), name, table, Spacer(1, 10), box, Spacer(1, 12)]

    def period(self) -> str:
        head = self.figures.header
        if not head.started:
            return UNDEFINED
        until = written_moment(head.finished) if head.finished else gettext("still open")
        begun = written_moment(head.started)
        day, _, hour = until.rpartition(" ")
        return f"{begun} – {hour if day and begun.startswith(day) else until}"

    def cards(self) -> list[Flowable]:
        cells = [
            [self.say(first.label, "small"), self.say(first.text, "kpi"), self.say(beside(first, second), "small")]
            for first, second in self.figures.cards
        ]
        rows = [cells[n : n + CARDS_IN_A_ROW] for n in range(0, len(cells), CARDS_IN_A_ROW)]
        style = [
            ("BOX", (0, 0), (-1, -1), 0.6, LINE),
            ("INNERGRID", (0, 0), (-1, -1), 0.6, LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *padding(10, 8),
        ]
        return [Table(rows, colWidths=[WIDTH / CARDS_IN_A_ROW] * CARDS_IN_A_ROW, style=TableStyle(style))]

    def pictures(self) -> list[Flowable]:
        line = self.figures.timeline
        parts: list[Flowable] = []
        if self.figures.funnel:
            parts.append(
                KeepTogether([self.heading(gettext("From the audience to the click")), funnel(self.figures.funnel, WIDTH, self.writer)])
            )
        if line.moments:
            title = gettext("Time line, %(grain)s") % {"grain": line.grain_label}
            parts.append(KeepTogether([self.heading(title), time_line(line, WIDTH, self.writer)]))
        return parts

    def activities(self) -> list[Flowable]:
        names = (
            gettext("Activity"),
            gettext("Type"),
            gettext("Status"),
            gettext("Rows in"),
            gettext("Rows out"),
            gettext("Complement"),
            gettext("Excluded"),
        )
        rows = [[row.label, row.kind, row.status, *row.texts()] for row in self.figures.activities]
        return self.table(gettext("Activities"), names, rows, (29, 16, 13, 10, 10, 12, 10), words=3)

    def messages(self) -> list[Flowable]:
        if not self.figures.senders:
            return []
        first = self.figures.senders[0].metrics
        names = [gettext("Activity"), *(first[key].label for key in MESSAGE_COLUMNS)]
        rows = [[row.label, *(row.metrics[key].text for key in MESSAGE_COLUMNS)] for row in self.figures.senders]
        return self.table(
            gettext("Messages by activity"), names, rows, (100 - sum(MESSAGE_COLUMNS.values()), *MESSAGE_COLUMNS.values()), words=1
        )

    def exclusions(self) -> list[Flowable]:
        names = (gettext("Reason"), gettext("Activity"), gettext("When"), gettext("Records"))
        rows = [[row.label, row.activity, row.moment, row.text] for row in self.figures.exclusions]
        return self.table(gettext("Exclusions"), names, rows, (36, 29, 19, 16), words=3, empty=gettext("Nobody was excluded."))

    def links(self) -> list[Flowable]:
        names = (gettext("Link"), gettext("Activity"), gettext("Unique clicks"), gettext("Share"), gettext("All clicks"))
        rows = [[link.url, link.activity, written(link.unique_clicks), link.share, written(link.clicks)] for link in self.figures.links]
        return self.table(
            gettext("Links"),
            names,
            rows,
            (50, 20, 10, 10, 10),
            words=2,
            empty=gettext("No link has been clicked."),
            in_all=self.figures.links_in_all,
        )

    def formulas(self) -> list[Flowable]:
        names = (gettext("Figure"), gettext("How it is counted"), gettext("Value"))
        rows = [[f.label, (f.formula, f.note), f.text] for f in self.figures.metrics]
        return self.table(gettext("All figures and how they are counted"), names, rows, (17, 70, 13), words=2)

    def missing(self) -> list[Flowable]:
        if not self.writer.missing:
            return []
        return [Spacer(1, 10), self.say(gettext("□ stands for a character that the font of this report does not have."), "small")]

    # --- tables -------------------------------------------------------------------------------------------------------

    def table(
        self, title: str, names: Sequence[str], rows: list[list[Any]], widths: Iterable[float], words: int, empty: str = "", in_all: int = 0
    ) -> list[Flowable]:  # fmt: skip
        """A titled table; the first `words` columns are texts, the others numbers. Widths are in hundredths."""
        if not rows:
            return [KeepTogether([self.heading(title), self.say(empty or gettext("Nothing to show."), "small")])]
        head = [self.say(name, "head" if n < words else "head_number") for n, name in enumerate(names)]
        body = [[self.cell(cell, "cell" if n < words else "number") for n, cell in enumerate(row)] for row in rows[:ROWS_SHOWN]]
        style = [
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED), ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"), *padding(3, 2.4), ("LEFTPADDING", (0, 0), (0, -1), 0), ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ]  # fmt: skip
        made = Table([head, *body], colWidths=[WIDTH * width / 100 for width in widths], repeatRows=1, style=TableStyle(style))
        parts: list[Flowable] = [CondPageBreak(40 * mm), self.heading(title), made]
        if max(in_all, len(rows)) > len(body):
            words_ = {"shown": len(body), "all": max(in_all, len(rows))}
            parts += [Spacer(1, 4), self.say(gettext("The first %(shown)s of %(all)s.") % words_, "small")]
        return parts

    def cell(self, cell: Any, style: str) -> Any:
        """A text, or a text with an explanation below it."""
        return [self.say(cell[0], style), self.say(cell[1], "small")] if isinstance(cell, tuple) else self.say(cell, style)


def beside(first: Figure, second: Figure) -> str:
    """The line under a big number: the rate with its name."""
    return f"{second.text} · {second.label}" if second.value is not None else second.label + " " + UNDEFINED


def padding(across: float, down: float) -> list[tuple[Any, ...]]:
    sides = (("LEFTPADDING", across), ("RIGHTPADDING", across), ("TOPPADDING", down), ("BOTTOMPADDING", down))
    return [("FONTNAME", (0, 0), (-1, -1), registered()[0]), *((side, (0, 0), (-1, -1), size) for side, size in sides)]


def shortened(text: object, letters: int) -> str:
    whole = str(text)
    return whole if len(whole) <= letters else whole[: letters - 1].rstrip() + "…"
