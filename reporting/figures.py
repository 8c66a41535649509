"""Figures: everything a report shows about one run, as plain values. Screen, CSV and PDF are made from nothing else."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from reporting.metrics import Number, written

# The numbers that come first, each with the rate or pace that goes with it.
CARDS = (
    ("planned", "excluded"), ("sent", "throughput"), ("delivered", "delivery_rate"), ("bounced", "bounce_rate"),
    ("unique_opens", "open_rate"), ("unique_clicks", "click_rate"), ("click_to_open_rate", "total_clicks"), ("unsubscribes", "unsubscribe_rate"),
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What the report is about. Times are moments; who shows them chooses the zone."""

    campaign: int
    name: str
    description: str = ""
    version: int | None = None
    run: int | None = None
    run_label: str = ""
    kind: str = ""
    status: str = ""
    status_label: str = ""
    tone: str = ""
    open: bool = False
    started: datetime | None = None
    finished: datetime | None = None
    counted: datetime | None = None


@dataclass(frozen=True)
class Figure:
    """One metric with its value, and the value as people write it."""

    key: str
    label: str
    value: Number | None
    text: str
    formula: str
    note: str
    format: str = "count"
    tone: str = ""
    rows: str = ""


@dataclass(frozen=True)
class Stage:
    """One bar of the funnel. `share` is of the widest bar, `kept` how much of the bar above is left."""

    key: str
    label: str
    value: int | None
    text: str
    share: float
    kept: str
    rows: str = ""


@dataclass(frozen=True)
class Series:
    key: str
    label: str
    values: list[int]


@dataclass(frozen=True)
class Timeline:
    """What happened when. `moments` are the starts of the steps, without gaps; `grain` is how long a step is."""

    grain: str = "hour"
    grain_label: str = ""
    moments: list[datetime] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)


@dataclass(frozen=True)
class ActivityRow:
    """One activity of the run: what went through it, and, where it sends, what became of its messages."""

    uid: str
    label: str
    kind: str
    status: str
    tone: str
    rows_in: int | None
    rows_out: int | None
    complement: int
    excluded: int
    metrics: dict[str, Figure] = field(default_factory=dict)  # empty where nothing is sent

    @property
    def sends(self) -> bool:
        return bool(self.metrics)

    def texts(self) -> list[str]:
        return [written(n) for n in (self.rows_in, self.rows_out, self.complement, self.excluded)]


@dataclass(frozen=True)
class Exclusion:
    """So many records were not written to, for this reason."""

    uid: str
    activity: str
    reason: str
    label: str
    moment: str
    count: int
    text: str
    rows: str = ""  # which messages are behind it, where there are any


@dataclass(frozen=True)
class LinkRow:
    uid: str
    activity: str
    url: str
    clicks: int
    unique_clicks: int
    share: str  # of the messages with a click


@dataclass(frozen=True)
class Figures:
    header: Header
    metrics: list[Figure] = field(default_factory=list)
    funnel: list[Stage] = field(default_factory=list)
    timeline: Timeline = field(default_factory=Timeline)
    activities: list[ActivityRow] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    links_in_all: int = 0
    summary: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def metric(self, key: str) -> Figure:
        return next(figure for figure in self.metrics if figure.key == key)

    @property
    def cards(self) -> list[tuple[Figure, Figure]]:
        return [(self.metric(first), self.metric(second)) for first, second in CARDS]

    @property
    def senders(self) -> list[ActivityRow]:
        return [row for row in self.activities if row.sends]

    def as_dict(self) -> dict[str, Any]:
        """JSON values only."""
        return jsonable(asdict(self))


def jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: jsonable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
