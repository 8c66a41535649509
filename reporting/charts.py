"""Charts of the PDF, as vectors: the funnel and the time line."""

from collections.abc import Callable
from dataclasses import dataclass

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from reporting.figures import Series, Stage, Timeline
from reporting.fonts import Writer, registered
from reporting.metrics import written
from reporting.timeline import REACTIONS

INK, MUTED, LINE, SOFT, ACCENT = (HexColor(code) for code in ("#1f2430", "#667085", "#e4e7ec", "#f5f3ff", "#7c3aed"))
COLOURS = {
    "state.sent": HexColor("#c9bdf5"),
    "event.opened_unique": ACCENT,
    "event.clicked_unique": HexColor("#0e9384"),
    "event.unsubscribed_unique": HexColor("#c4540a"),
}
FUNNEL_ROW, LABEL_WIDTH, NUMBER_WIDTH = 22, 82, 96
SENT_HEIGHT, REACTIONS_HEIGHT, LEFT, BOTTOM, TOP = 44, 84, 40, 20, 26
LABELS_AT_MOST, TICKS = 8, 2


def label(x: float, y: float, text: str, size: float = 8, colour: Color = INK, anchor: str = "start", bold: bool = False) -> String:
    return String(x, y, text, fontName=registered()[bold], fontSize=size, fillColor=colour, textAnchor=anchor)


def sheet(width: float, height: float) -> Drawing:
    """An empty drawing; without the font's name it would ask for one that is not embedded."""
    return Drawing(width, height, initialFontName=registered()[0])


def funnel(stages: list[Stage], width: float, writer: Writer) -> Drawing:
    """One bar below the other, with the number and how much of the bar above is left."""
    drawing = sheet(width, FUNNEL_ROW * len(stages))
    room = width - LABEL_WIDTH - NUMBER_WIDTH
    for n, stage in enumerate(stages):
        y = drawing.height - FUNNEL_ROW * (n + 1)
        drawing.add(label(0, y + 8, writer.text(stage.label), colour=MUTED))
        drawing.add(Rect(LABEL_WIDTH, y + 3, room, FUNNEL_ROW - 7, fillColor=SOFT, strokeColor=None, rx=2, ry=2))
        if stage.share:
            drawing.add(
                Rect(
                    LABEL_WIDTH,
                    y + 3,
                    max(room * stage.share, 1.5),
                    FUNNEL_ROW - 7,
                    fillColor=fade(n, len(stages)),
                    strokeColor=None,
                    rx=2,
                    ry=2,
                )
            )
        drawing.add(label(width - 46, y + 8, stage.text, size=9, anchor="end", bold=True))
        drawing.add(label(width, y + 8, stage.kept, size=7.5, colour=MUTED, anchor="end"))
    return drawing


def fade(n: int, of: int) -> Color:
    """From pale to full, so that the bars read as one thing also in grey."""
    part = 0.4 + 0.6 * n / max(of - 1, 1)
    return Color(*(1 - (1 - channel) * part for channel in (ACCENT.red, ACCENT.green, ACCENT.blue)))


def time_line(line: Timeline, width: float, writer: Writer) -> Drawing:
    """What was sent above, what came back below on a scale of its own: one sends in an hour and reads for days."""
    sent = [series for series in line.series if series.key not in REACTIONS]
    back = [series for series in line.series if series.key in REACTIONS and any(series.values)]
    slot = (width - LEFT) / max(len(line.moments), 1)
    drawing = sheet(width, BOTTOM + SENT_HEIGHT + TOP + (REACTIONS_HEIGHT + TOP if back else 0))
    if back:
        plot(drawing, back, Frame(BOTTOM, REACTIONS_HEIGHT, width, slot), curve, writer)
    plot(drawing, sent, Frame(BOTTOM + (REACTIONS_HEIGHT + TOP if back else 0), SENT_HEIGHT, width, slot), columns, writer)
    every = -(-len(line.labels) // LABELS_AT_MOST) or 1
    for n, text in enumerate(line.labels):
        if n % every == 0:
            drawing.add(moment(LEFT + slot * (n + 0.5), writer.text(text), width))
    return drawing


@dataclass(frozen=True)
class Frame:
    """Where a plot stands."""

    y: float
    height: float
    width: float
    slot: float


def plot(drawing: Drawing, shown: list[Series], frame: Frame, draw: Callable[[Drawing, Series, Frame, int], None], writer: Writer) -> None:
    top = nice(max((max(series.values, default=0) for series in shown), default=0))
    legend(drawing, shown, frame, writer)
    axis(drawing, top, frame)
    for series in shown:
        draw(drawing, series, frame, top)


def moment(x: float, text: str, width: float) -> String:
    half = stringWidth(text, registered()[0], 7) / 2
    return label(min(max(x, half), width - half), BOTTOM - 12, text, size=7, colour=MUTED, anchor="middle")


def legend(drawing: Drawing, shown: list[Series], frame: Frame, writer: Writer) -> None:
    x, y = float(LEFT), frame.y + frame.height + 9
    for series in shown:
        drawing.add(Rect(x, y - 1, 8, 8, fillColor=COLOURS[series.key], strokeColor=None, rx=1.5, ry=1.5))
        text = writer.text(series.label)
        drawing.add(label(x + 12, y, text, colour=MUTED))
        x += 30 + stringWidth(text, registered()[0], 8)


def axis(drawing: Drawing, top: int, frame: Frame) -> None:
    for value in range(0, top + 1, top // TICKS):
        y = frame.y + frame.height * value / top
        drawing.add(Line(LEFT, y, frame.width, y, strokeColor=LINE, strokeWidth=0.6))
        drawing.add(label(LEFT - 6, y - 2.5, written(value), size=7, colour=MUTED, anchor="end"))


def columns(drawing: Drawing, series: Series, frame: Frame, top: int) -> None:
    wide = min(frame.slot * 0.7, 26)
    for n, value in enumerate(series.values):
        if value:
            x = LEFT + frame.slot * (n + 0.5) - wide / 2
            drawing.add(Rect(x, frame.y, wide, frame.height * value / top, fillColor=COLOURS[series.key], strokeColor=None))


def curve(drawing: Drawing, series: Series, frame: Frame, top: int) -> None:
    points = [(LEFT + frame.slot * (n + 0.5), frame.y + frame.height * value / top) for n, value in enumerate(series.values)]
    if len(points) > 1:
        flat = [number for point in points for number in point]
        drawing.add(PolyLine(flat, strokeColor=COLOURS[series.key], strokeWidth=1.4, strokeLineJoin=1))
    if len(points) <= 30:
        for x, y in points:
            drawing.add(Circle(x, y, 1.7, fillColor=COLOURS[series.key], strokeColor=None))


def nice(highest: int) -> int:
    """A round number at or above the highest, divisible by the number of ticks."""
    step, size = 1, 1
    while step * TICKS < highest:
        size, step = next((size * 10 if m == 10 else size, size * m) for m in (1, 2, 5, 10) if size * m > step)
    return step * TICKS
