"""Plan: what a run is going to do, as plain JSON that is stored with the run and can be read on screen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from schemas.sql import Statement

FORMAT = 1
PREPARED = "prepared"  # the port under which the messages wanted by a Send step are kept
PLANNED = "tutti_planned"  # the keys of the messages planned; a temporary table while the ledger is being filled


@dataclass(frozen=True)
class PlannedActivity:
    """One activity of a plan."""

    data: Mapping[str, Any]

    @property
    def uid(self) -> str:
        return str(self.data["uid"])

    @property
    def inputs(self) -> list[dict[str, str]]:
        return list(self.data["inputs"])

    @property
    def ports(self) -> list[dict[str, Any]]:
        return list(self.data["ports"])

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.data["steps"])

    @property
    def copies(self) -> bool:
        return bool(self.data["copies"])

    @property
    def waits_for(self) -> set[str]:
        """The activities that must be done before this one starts."""
        return {entry["uid"] for entry in self.inputs}

    def step(self, kind: str) -> dict[str, Any] | None:
        return next((step for step in self.steps if step["type"] == kind), None)

    def ports_of(self, role: str) -> list[str]:
        return [port["key"] for port in self.ports if (port["role"] == "complement") == (role == "complement")]


@dataclass(frozen=True)
class Plan:
    """The activities of a run, sources first."""

    data: Mapping[str, Any]

    def __iter__(self) -> Iterator[PlannedActivity]:
        return iter(self.by_uid.values())

    @property
    def prefix(self) -> str:
        return str(self.data["prefix"])

    @cached_property
    def by_uid(self) -> dict[str, PlannedActivity]:
        return {entry["uid"]: PlannedActivity(entry) for entry in self.data.get("activities", [])}


def statement(step: Mapping[str, Any], name: str = "sql") -> Statement:
    """The SQL of a step, ready to run or to show."""
    return Statement(step[name], dict(step["params" if name == "sql" else f"{name}_params"]))
