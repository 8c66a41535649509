"""Accounting: rows in = rows out + complement + excluded, checked for every task, so that nobody is lost without a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from orchestration.choices import Reason
from orchestration.exceptions import RunError
from orchestration.plan import PlannedActivity


@dataclass
class Figures:
    """What a task reports. `counts` is what leaves by each port."""

    rows_in: int
    rows_out: int
    complement: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def reason_label(reason: str) -> str:
    """A reason in people's words; activities may bring reasons of their own."""
    return str(Reason(reason).label) if reason in Reason.values else reason.replace("_", " ").capitalize()


def figures(
    activity: PlannedActivity,
    arrived: int,
    considered: int | None,
    excluded: Mapping[str, int],
    counts: Mapping[str, int],
    planned: int | None,
) -> Figures:
    """The figures of a task; RunError when they do not add up. `planned`: messages, for a task that sends."""
    main = [counts.get(port, 0) for port in activity.ports_of("main")]
    complement = sum(counts.get(port, 0) for port in activity.ports_of("complement"))
    counts = {port["key"]: counts.get(port["key"], 0) for port in activity.ports}
    left = dict(excluded)
    if activity.copies:
        found = Figures(arrived, arrived, 0, left, counts)
        wrong = [n for n in main if n != arrived]
        if wrong:
            raise imbalance(found, wrong[0])
        return found
    rows_out = planned if planned is not None else (sum(main) if activity.ports else arrived)
    accounted = rows_out + complement + sum(left.values())
    looked_at = considered if considered is not None else accounted  # by a source
    found = Figures(arrived if activity.inputs else looked_at, rows_out, complement, left, counts)
    if accounted != found.rows_in:
        raise imbalance(found, accounted)
    return found


def imbalance(found: Figures, accounted: int) -> RunError:
    text = _(
        "%(rows_in)s rows came in, but %(accounted)s are accounted for (%(out)s out, %(complement)s complement, %(excluded)s excluded). Nothing was kept; tell whoever looks after the system."
    )
    return RunError(
        text
        % {
            "rows_in": found.rows_in,
            "accounted": accounted,
            "out": found.rows_out,
            "complement": found.complement,
            "excluded": sum(found.excluded.values()),
        }
    )
