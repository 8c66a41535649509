"""Steps: the few things an activity may ask the engine to do. Plain values; making them touches nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa


@dataclass(frozen=True)
class Column:
    """One column of a work table. `name` is the generated SQL name, `alias` what templates call it."""

    name: str
    alias: str
    label: str
    type: str  # a key of schemas.field_types.TYPES, or "json" for a collection

    def as_dict(self) -> dict[str, str]:
        return {"name": self.name, "alias": self.alias, "label": self.label, "type": self.type}


@dataclass(frozen=True)
class Population:
    """What a transition carries: one row for each record of `dimension`, its key first, then what was added.

    Key columns are called k_1, k_2, … in the order of the schema's key; added columns x_<digest of alias>.
    """

    dimension: str
    table: sa.TableClause
    key: tuple[Column, ...]
    extra: tuple[Column, ...] = ()
    activity: str = ""  # uid of the activity it comes from
    label: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.key + self.extra


@dataclass(frozen=True)
class Fill:
    """Make the population of `port` from a query; the query yields exactly `columns`, in order."""

    port: str
    select: sa.Select | sa.CompoundSelect  # type: ignore[type-arg]
    dimension: str
    key: tuple[Column, ...]
    extra: tuple[Column, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.key + self.extra


@dataclass(frozen=True)
class Pass:
    """Hand an inbound population on, unchanged and without copying it."""

    port: str
    population: Population


@dataclass(frozen=True)
class Written:
    """Hand on, of an inbound population, the rows that a message is planned for: one row for each message of the box's Send."""

    port: str
    population: Population


@dataclass(frozen=True)
class Exclude:
    """Count rows that leave here for a reason; the query yields one number."""

    reason: str
    select: sa.Select  # type: ignore[type-arg]


@dataclass(frozen=True)
class Consider:
    """For a source: how many records were looked at; the query yields one number."""

    select: sa.Select  # type: ignore[type-arg]


@dataclass(frozen=True)
class Hold:
    """Wait, from the moment the population arrives; exactly one of the two is given."""

    duration: timedelta | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Send:
    """Write to everyone in `select`, which yields the columns of the ledger's preparation.

    `select` yields the key of the row itself (k_1, k_2, …), then: recipient_key (jsonb array), entity_key (jsonb array), address (text or NULL), consent (boolean,
    NULL = unknown), context (jsonb). One row for each record; rows with the same two keys are one message, whose context is
    in one of them and NULL in the others. An empty recipient_key says that nobody is behind the record. Everything else
    is `settings` (JSON).
    `consent_now` asks again whether one recipient agrees, with :k_1, :k_2, … for the recipient's key; it yields one boolean.
    """

    channel: str
    select: sa.Select  # type: ignore[type-arg]
    settings: dict[str, object] = field(default_factory=dict)
    consent_now: sa.Select | None = None  # type: ignore[type-arg]


@dataclass(frozen=True)
class Finish:
    """This branch ends here."""


Step = Fill | Pass | Written | Exclude | Consider | Hold | Send | Finish
