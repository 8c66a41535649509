"""Picture: a drawing as the canvas shows it, with counts on its arrows, for pages where nothing is edited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma

from campaigns import flow
from campaigns.activities.base import Port
from schemas.catalog import Catalog, Clock

WIDTH, HEIGHT = 248, 60  # of a box, as on the canvas
PORT_ACROSS, PORT_ALONG = 104, 30  # room for one port and its name, below a box and beside it
MARGIN = {"x": 8, "y": 12}
READABLE = 0.62  # of its full size; where there is less room, it scrolls
BESIDE, AWAY, NEAR, LEAN = 56, 24, 6, 24
PILL, LETTER, PADDING, NAME_LETTER = 24, 7.6, 18, 6.2
SHARES = (0.58, 0.5, 0.68, 0.4, 0.76, 0.3)  # of an arrow, from its start: where its number may stand
SHARES_ACROSS = (0.74, 0.68, *SHARES)  # from left to right, the names of ports stand before it
LONGEST = {"label": 23, "summary": 26}  # letters that fit into a box

Place = tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """A port, with its name when there are several."""

    x: int
    y: int
    label: str = ""
    aside: bool = False
    before: bool = False  # its name stands at the left: the line turns to the right


@dataclass
class Shape:
    """A box, in the coordinates of the picture."""

    uid: str
    label: str
    summary: str
    icon: str
    category: str
    x: int
    y: int
    width: int
    height: int
    inputs: dict[str, Place] = field(default_factory=dict)
    outputs: dict[str, Place] = field(default_factory=dict)
    dots: list[Dot] = field(default_factory=list)

    @property
    def rise(self) -> int:
        """How far down icon and words stand."""
        return (self.height - HEIGHT) // 2


@dataclass(frozen=True)
class Curve:
    path: str
    x: int
    y: int
    text: str
    leans: bool = False  # to the right, as soon as it leaves a box downwards

    @property
    def width(self) -> int:
        return pill_width(self.text)

    @property
    def left(self) -> int:
        return self.x - self.width // 2

    @property
    def top(self) -> int:
        return self.y - PILL // 2


@dataclass(frozen=True)
class Picture:
    shapes: list[Shape]
    curves: list[Curve]
    left: int
    top: int
    width: int
    height: int
    down: bool = True

    @property
    def drop(self) -> int:
        """From a port to its name: below it, or above the line."""
        return 16 if self.down else -8

    @property
    def least(self) -> int:
        return round(self.width * READABLE)


def picture(graph: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]] | None = None) -> Picture:
    """`counts`: rows by activity and port, once they are known."""
    catalog = Catalog.load()
    boxes = flow.walk(graph, catalog, Clock.current(), seed="draft", prefix="draft").boxes
    counted, down = counts or {}, flows_down(graph)
    shapes = {a["uid"]: shape(a, boxes[a["uid"]], catalog, down) for a in graph.get("activities", [])}
    curves = {
        (t["source"], t.get("source_port") or "out", t["target"], t.get("target_port") or "in"): curve(
            t, shapes, down, counted.get(t["source"], {}).get(t.get("source_port") or "out")
        )
        for t in graph.get("transitions", [])
        if t["source"] in shapes and t["target"] in shapes
    }
    led = {key[:2]: line.leans for key, line in curves.items()}
    for uid, drawn in shapes.items():
        add_dots(drawn, boxes[uid], led, counted.get(uid, {}))
    return framed(list(shapes.values()), list(curves.values()), down)


def flows_down(graph: Mapping[str, Any]) -> bool:
    """Downwards, unless it was drawn from left to right; as the canvas tells."""
    by_uid = {a["uid"]: a for a in graph.get("activities", [])}
    ends = [(by_uid[t["source"]], by_uid[t["target"]]) for t in graph.get("transitions", []) if {t["source"], t["target"]} <= by_uid.keys()]
    sideways = sum(abs(b["x"] - a["x"]) > abs(b["y"] - a["y"]) * 1.5 for a, b in ends)
    return not (ends and sideways * 2 > len(ends))


# --- boxes ------------------------------------------------------------------------------------------------------------


def shape(activity: Mapping[str, Any], box: flow.Box, catalog: Catalog, down: bool) -> Shape:
    kind, most = box.kind, max(len(box.input_ports), len(box.output_ports))
    width, height = (max(WIDTH, PORT_ACROSS * most), HEIGHT) if down else (WIDTH, max(HEIGHT, PORT_ALONG * most + 12))
    name = str(kind.label) if kind else activity["kind"]
    label = activity.get("label") or name
    summary = str(kind.summary(box.node.config, catalog)) if kind else ""
    spare = (width - WIDTH) // 8
    drawn = Shape(
        activity["uid"], short(label, LONGEST["label"] + spare), short(summary or (name if name != label else ""), LONGEST["summary"] + spare),
        kind.icon if kind else "help", str(kind.category) if kind else "", activity["x"], activity["y"], width, height,
    )  # fmt: skip
    drawn.inputs = {port.key: port_place(drawn, box.input_ports, n, 0, down) for n, port in enumerate(box.input_ports)}
    drawn.outputs = {port.key: port_place(drawn, box.output_ports, n, 1, down) for n, port in enumerate(box.output_ports)}
    return drawn


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def port_place(box: Shape, ports: Sequence[Port], n: int, end: int, down: bool) -> Place:
    """A lone way on is in the middle; the complement stands aside."""
    aside = ports[n].role == "complement"
    lone = len(ports) <= 2 and sum(port.role != "complement" for port in ports) == 1
    across = (n + 0.5) / len(ports)
    if down:
        return box.x + box.width * ((0.86 if aside else 0.5) if lone else across), box.y + box.height * end
    return box.x + box.width * end, box.y + box.height * ((0.8 if aside else 0.4) if lone and len(ports) == 2 else across)


def add_dots(drawn: Shape, box: flow.Box, led: Mapping[tuple[str, str], bool], counts: Mapping[str, int]) -> None:
    """Inputs first; an output that leads nowhere shows its number itself. `led`: whether the line of a port leans to the right."""
    drawn.dots += [Dot(round(x), round(y)) for x, y in drawn.inputs.values()]
    reached = 0.0
    for port in box.output_ports:
        x, y = drawn.outputs[port.key]
        label = str(port.label) if len(box.output_ports) > 1 else ""
        if (drawn.uid, port.key) not in led and counts.get(port.key) is not None:
            label = " · ".join(word for word in (label, intcomma(counts[port.key])) if word)
        before = bool(led.get((drawn.uid, port.key))) and x - len(label) * NAME_LETTER - 20 > reached
        drawn.dots.append(Dot(round(x), round(y), label, port.role == "complement", before))
        reached = x if before else x + 10 + len(label) * NAME_LETTER


# --- arrows -----------------------------------------------------------------------------------------------------------


def curve(transition: Mapping[str, Any], shapes: Mapping[str, Shape], down: bool, count: int | None) -> Curve:
    source, target = shapes[transition["source"]], shapes[transition["target"]]
    start = source.outputs.get(transition.get("source_port") or "out") or (source.x + source.width / 2, source.y + source.height)
    end = target.inputs.get(transition.get("target_port") or "in") or (target.x + target.width / 2, target.y)
    end = (end[0], end[1] - 7) if down else (end[0] - 7, end[1])  # the tip stands before the port
    words = [transition.get("label") or "", "" if count is None else intcomma(count)]
    text = " · ".join(word for word in words if word)
    start, end = turned(start, down), turned(end, down)
    shares = SHARES if down or len(source.outputs) == 1 else SHARES_ACROSS
    path, places, next_x = route(start, end, [rectangle(s, down) for s in shapes.values()], (source.uid, target.uid), down, shares)
    x, y = free_place([turned(place, down) for place in places], text, shapes.values())
    return Curve(path, round(x), round(y), text, down and next_x > start[0] + LEAN)


@dataclass(frozen=True)
class Rectangle:
    """A box for finding a way: `first` to `last` along the flow, `left` to `right` across it."""

    uid: str
    first: float
    last: float
    left: float
    right: float


def rectangle(s: Shape, down: bool) -> Rectangle:
    if down:
        return Rectangle(s.uid, s.y, s.y + s.height, s.x, s.x + s.width)
    return Rectangle(s.uid, s.x, s.x + s.width, s.y, s.y + s.height)


def turned(place: Place, down: bool) -> Place:
    """Ways are found as if everything flowed downwards."""
    return place if down else (place[1], place[0])


def route(
    start: Place, end: Place, boxes: Sequence[Rectangle], own: tuple[str, str], down: bool, shares: Sequence[float]
) -> tuple[str, list[Place], float]:
    """The path, places on it where a number may stand, the best first, and where it goes to at first."""
    if end[1] < start[1] + NEAR:
        return *way_back(start, end, boxes, down), start[0]
    others = [box for box in boxes if box.uid not in own]
    in_way = [box for box in others if crosses(start, end, box)]
    if not in_way:
        bend = bezier(start, end)
        return f"M{at(start, down)} {cubic(bend, down)}", [point(bend, share) for share in shares], end[0]
    first, last = min(box.first for box in in_way), max(box.last for box in in_way)
    lane = free_lane(start[0], end[0], [(box.left, box.right) for box in others if box.first < last and box.last > first])
    over, back = bezier(start, (lane, first)), bezier((lane, last), end)
    path = f"M{at(start, down)} {cubic(over, down)} L{at((lane, last), down)} {cubic(back, down)}"
    return path, [(lane, first + (last - first) * share) for share in SHARES], lane


def crosses(start: Place, end: Place, box: Rectangle) -> bool:
    middle = (box.first + box.last) / 2
    if not start[1] < middle < end[1]:
        return False
    place = start[0] + (end[0] - start[0]) * (middle - start[1]) / (end[1] - start[1])
    return box.left - NEAR < place < box.right + NEAR


def way_back(start: Place, end: Place, boxes: Sequence[Rectangle], down: bool) -> tuple[str, list[Place]]:
    """On, over to a free lane, back along it, and over to the box."""
    low, high = start[1] + AWAY, end[1] - AWAY
    lane = free_lane(start[0], end[0], [(box.left, box.right) for box in boxes if box.first < low and box.last > high])
    corners = [start, (start[0], low), (lane, low), (lane, high), (end[0], high), end]
    parts = [f"M{at(start, down)}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        parts.append(f"L{at(toward(corner, before), down)} Q{at(corner, down)} {at(toward(corner, after), down)}")
    parts.append(f"L{at(end, down)}")
    return " ".join(parts), [(lane, low + (high - low) * share) for share in SHARES]


def toward(corner: Place, other: Place, radius: float = 16) -> Place:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    share = min(radius, length / 2) / length if length else 0
    return corner[0] + dx * share, corner[1] + dy * share


def free_lane(start: float, end: float, taken: Sequence[tuple[float, float]]) -> float:
    """The middle of the nearest gap between boxes, or beside all of them."""
    if not taken:
        return (start + end) / 2
    (left, reached), *more = sorted(taken)
    lanes = [left - BESIDE]
    for first, last in more:
        if first - reached >= BESIDE:
            lanes.append((reached + first) / 2)
        reached = max(reached, last)
    lanes.append(reached + BESIDE)
    return min(lanes, key=lambda lane: abs(lane - start) + abs(lane - end))


def bezier(start: Place, end: Place) -> tuple[Place, Place, Place, Place]:
    half = (start[1] + end[1]) / 2
    return start, (start[0], half), (end[0], half), end


def point(bend: tuple[Place, Place, Place, Place], share: float) -> Place:
    weights = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
    x, y = (sum(weight * place[axis] for weight, place in zip(weights, bend, strict=True)) for axis in (0, 1))
    return x, y


def cubic(bend: tuple[Place, Place, Place, Place], down: bool) -> str:
    return "C" + " ".join(at(place, down) for place in bend[1:])


def at(place: Place, down: bool) -> str:
    x, y = turned(place, down)
    return f"{x:.0f},{y:.0f}"


def free_place(places: Sequence[Place], text: str, shapes: Any) -> Place:
    half = pill_width(text) / 2
    covered = [(s.x - half, s.x + s.width + half, s.y - PILL / 2, s.y + s.height + PILL / 2) for s in shapes]
    return next((p for p in places if not any(a < p[0] < b and c < p[1] < d for a, b, c, d in covered)), places[0])


def pill_width(text: str) -> int:
    return round(len(text) * LETTER) + PADDING


def framed(shapes: list[Shape], curves: list[Curve], down: bool) -> Picture:
    """Room for all boxes and lines."""
    corners = list(outline(shapes, curves))
    left, top = min((x for x, _ in corners), default=0) - MARGIN["x"], min((y for _, y in corners), default=0) - MARGIN["y"]
    right, bottom = max((x for x, _ in corners), default=0) + MARGIN["x"], max((y for _, y in corners), default=0) + MARGIN["y"]
    return Picture(shapes, curves, round(left), round(top), round(right - left), round(bottom - top), down)


def outline(shapes: list[Shape], curves: list[Curve]) -> Iterator[Place]:
    for s in shapes:
        yield from ((s.x, s.y), (s.x + s.width, s.y + s.height))
        yield from ((dot.x + 12 + len(dot.label) * NAME_LETTER, dot.y) for dot in s.dots)
    for c in curves:
        yield from ((c.left, c.top), (c.left + c.width, c.top + PILL))
        for pair in c.path.replace("M", " ").replace("L", " ").replace("C", " ").replace("Q", " ").split():
            x, y = pair.split(",")
            yield float(x), float(y)
