"""Picture: a drawing as boxes and curves with counts on them, for pages where nothing is edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.activities.base import registry
from campaigns.choices import Category

WIDTH, HEIGHT, MARGIN = 196, 58, 24
CLOSER = 0.74  # nothing is edited here, so the boxes may stand closer together than on the canvas


@dataclass(frozen=True)
class Box:
    uid: str
    label: str
    kind: str
    x: int
    y: int
    sends: bool

    @property
    def middle(self) -> int:
        return self.x + WIDTH // 2


@dataclass(frozen=True)
class Curve:
    path: str
    x: int
    y: int
    count: int | None
    label: str


@dataclass(frozen=True)
class Picture:
    boxes: list[Box]
    curves: list[Curve]
    width: int
    height: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


def picture(graph: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]] | None = None) -> Picture:
    """`counts`: rows by activity and port, once they are known."""
    drawn = [{**a, "x": round(a["x"] * CLOSER)} for a in graph.get("activities", [])]
    left = min((a["x"] for a in drawn), default=0) - MARGIN
    top = min((a["y"] for a in drawn), default=0) - MARGIN
    boxes = {a["uid"]: box(a, left, top) for a in drawn}
    curves = [
        curve(
            boxes[t["source"]],
            boxes[t["target"]],
            (counts or {}).get(t["source"], {}).get(t.get("source_port") or "out"),
            t.get("label") or "",
        )
        for t in graph.get("transitions", [])
        if t["source"] in boxes and t["target"] in boxes
    ]
    width = max((b.x for b in boxes.values()), default=0) + WIDTH + MARGIN
    height = max((b.y for b in boxes.values()), default=0) + HEIGHT + MARGIN
    return Picture(list(boxes.values()), curves, width, height)


def box(activity: Mapping[str, Any], left: int, top: int) -> Box:
    kind = registry().get(activity["kind"])
    name = str(kind.label) if kind else activity["kind"]
    sends = bool(kind and kind.category == Category.CHANNELS)
    return Box(activity["uid"], short(activity.get("label") or name), name, activity["x"] - left, activity["y"] - top, sends)


def short(label: str, most: int = 22) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def curve(source: Box, target: Box, count: int | None, label: str) -> Curve:
    """Sideways where the boxes stand side by side, downwards where one stands below the other."""
    if target.x >= source.x + WIDTH:
        x1, y1, x2, y2 = source.x + WIDTH, source.y + HEIGHT // 2, target.x, target.y + HEIGHT // 2
        bend = max((x2 - x1) // 2, 20)
        path = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"
    else:
        x1, y1, x2, y2 = source.middle, source.y + HEIGHT, target.middle, target.y
        bend = max((y2 - y1) // 2, 20)
        path = f"M{x1},{y1} C{x1},{y1 + bend} {x2},{y2 - bend} {x2},{y2}"
    return Curve(path, (x1 + x2) // 2, (y1 + y2) // 2, count, label)
