"""A second, naive reading of rules in plain Python, to compare the compiled SQL with."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from schemas.catalog import Catalog, Clock, SchemaInfo

Record = Mapping[str, Any]
NEGATIVE = {"ne": "eq", "not_in": "in", "not_contains": "contains", "not_within_last": "within_last"}


class Oracle:
    """Answers rules about records held in lists of dicts."""

    def __init__(self, catalog: Catalog, world: Mapping[str, list[Record]], clock: Clock) -> None:
        self.catalog, self.world, self.clock = catalog, world, clock

    def keys(self, rule: Mapping[str, Any]) -> set[tuple[Any, ...]]:
        schema = self.catalog.schemas[rule["schema"]]
        chosen = [record for record in self.world[schema.name] if self.group(rule["where"], schema, record)]
        return {tuple(record[field.name] for field in schema.key) for record in chosen}

    def group(self, group: Mapping[str, Any], schema: SchemaInfo, record: Record) -> bool:
        answers = [self.node(item, schema, record) for item in group["items"]]
        together = (all if group["op"] == "and" else any)(answers) if answers else True
        return together != group.get("not", False)

    def node(self, node: Mapping[str, Any], schema: SchemaInfo, record: Record) -> bool:
        if node["kind"] == "group":
            return self.group(node, schema, record)
        if node["kind"] == "link":
            return self.linked(node, schema, record)
        ends = self.ends(schema, record, node["path"])
        value = ends[0][1][node["field"]] if ends else None
        end = self.catalog.walk(schema, node["path"])[-1][1] if node["path"] else schema
        return self.compare(value, node["op"], node.get("value"), end.fields[node["field"]].kind.family)

    def ends(self, schema: SchemaInfo, record: Record, path: Iterable[str]) -> list[tuple[SchemaInfo, Record]]:
        """The records at the end of a path, each once."""
        found = [(schema, record)]
        for name in path:
            found = [step for here in found for step in self.step(*here, name)]
        return list({tuple(r[f.name] for f in s.key): (s, r) for s, r in found}.values())

    def step(self, schema: SchemaInfo, record: Record, name: str) -> list[tuple[SchemaInfo, Record]]:
        link = schema.links[name]
        target = self.catalog.schemas[link.target]
        return [
            (target, other)
            for other in self.world[link.target]
            if all(record[a] is not None and record[a] == other[b] for a, b in link.pairs)
        ]

    def linked(self, node: Mapping[str, Any], schema: SchemaInfo, record: Record) -> bool:
        chosen = [end for end_schema, end in self.ends(schema, record, node["path"]) if self.group(node["where"], end_schema, end)]
        quantifier, op = node["quantifier"], node.get("op")
        if quantifier in ("any", "none"):
            return bool(chosen) == (quantifier == "any")
        if quantifier == "count":
            return self.compare(len(chosen), op, node["value"], "number")
        end_schema = self.catalog.walk(schema, node["path"])[-1][1]
        values = [record[node["field"]] for record in chosen if record[node["field"]] is not None]
        figure, family = figure_of(quantifier, values), end_schema.fields[node["field"]].kind.family
        return figure is not None and self.compare(figure, op, node["value"], family if quantifier in ("min", "max") else "number")

    # --- comparisons ------------------------------------------------------------------------------------------

    def compare(self, value: Any, op: str, operand: Any, family: str) -> bool:
        if op in NEGATIVE:
            return not self.compare(value, NEGATIVE[op], operand, family)
        if op == "empty":
            return value is None or value == ""
        if op == "not_empty":
            return value is not None and value != ""
        if value is None:
            return False
        if op in ("is_true", "is_false"):
            return value is (op == "is_true")
        if family in ("date", "datetime"):
            return self.compare_time(value, op, operand, family)
        if op in ("in", "between"):
            read = [as_family(item, family) for item in operand]
            return value in read if op == "in" else read[0] <= value <= read[1]
        return PLAIN[op](value, as_family(operand, family))

    def compare_time(self, value: Any, op: str, operand: Any, family: str) -> bool:
        day = value.astimezone(self.clock.zone).date() if family == "datetime" else value
        if op == "today":
            return day == self.clock.today
        if op == "within_last":
            return back(self.clock.today, operand, -1) <= day <= self.clock.today
        if op == "within_next":
            return self.clock.today <= day <= back(self.clock.today, operand, 1)
        operands = operand if op == "between" else [operand]
        if len(operands[0]) == 10:
            subject, bounds = day, [datetime.date.fromisoformat(text) for text in operands]
        else:
            subject, bounds = value, [datetime.datetime.fromisoformat(text).replace(tzinfo=self.clock.zone) for text in operands]
        return bounds[0] <= subject <= bounds[1] if op == "between" else PLAIN[op](subject, bounds[0])


def figure_of(quantifier: str, values: list[Any]) -> Any:
    if quantifier == "sum":
        return sum(values, Decimal(0))
    if not values:
        return None
    if quantifier == "avg":
        return sum(values, Decimal(0)) / len(values)
    return min(values) if quantifier == "min" else max(values)


def back(day: datetime.date, by: Mapping[str, Any], sign: int) -> datetime.date:
    amount = by["amount"] * sign
    if by["unit"] in ("day", "week"):
        return day + datetime.timedelta(days=amount * {"day": 1, "week": 7}[by["unit"]])
    months = day.year * 12 + day.month - 1 + amount * {"month": 1, "year": 12}[by["unit"]]
    for last in (day.day, 30, 29, 28):
        try:
            return datetime.date(months // 12, months % 12 + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def as_family(value: Any, family: str) -> Any:
    return Decimal(str(value)) if family == "number" else value


PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
    "contains": lambda a, b: b in a, "starts_with": lambda a, b: a.startswith(b), "ends_with": lambda a, b: a.endswith(b),
}  # fmt: skip
