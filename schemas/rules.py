"""Rules: from a question, stored as JSON, to one SQLAlchemy expression that is true for the records it selects.

What a rule means where there is nothing:

- A comparison with a field that has no value is not true. Its opposite is: `ne`, `not_in`, `not_contains` and
  `not_within_last` select records without a value, for a person with no city is not in Paris. So do they where the
  linked record is missing. `empty` is true for no value, for an empty text, and where the linked record is missing.
- `not` on a group selects exactly those whom the group does not (IS NOT TRUE), never fewer.
- The number of no records is 0, and so is their sum. They have no average, lowest or highest value: no comparison
  with it is true, not even `ne`.
- An empty rule selects everybody; an empty group inside a rule is a mistake, and whatever is a mistake selects nobody.

To-many links compile to EXISTS. Numbers of linked records are compared in a grouped query of their own inside EXISTS, so
that PostgreSQL may answer for all records at once; each record at the end of a path counts once, however many ways
lead to it. Texts are compared as they are written: upper and lower case differ.

Days are days in the clock's zone. "Within the last 7 days" begins at midnight seven days ago and includes today;
"within the next 7 days" includes today and ends with the seventh day after it. A day without a time, compared with a
date and time, means the whole day: `le` 31 December includes its evening. Bounds are half-open instants.
"""

import calendar
import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from schemas.catalog import Catalog, Clock, SchemaInfo
from schemas.exceptions import Problem, RuleError
from schemas.field_types import TYPES
from schemas.rule_tree import Condition, Group, Linked, Node, Reader, Relative, Steps

__all__ = ["condition", "condition_of", "parse", "population", "problems"]

Truth = sa.ColumnElement[bool]
OPPOSITES = {"ne": "eq", "not_in": "in", "not_contains": "contains", "not_within_last": "within_last", "empty": "not_empty"}


def problems(rule: Any, catalog: Catalog) -> list[Problem]:
    """Everything that is wrong with a rule, at its place in the JSON."""
    reader = Reader(catalog)
    reader.rule(rule)
    return reader.problems


def parse(rule: Any, catalog: Catalog) -> tuple[SchemaInfo, Group]:
    """The rule as typed values, or RuleError with all its problems."""
    reader = Reader(catalog)
    read = reader.rule(rule)
    if reader.problems or read is None:
        raise RuleError(*reader.problems)
    return read


def condition(rule: Any, catalog: Catalog, table: sa.FromClause, clock: Clock) -> Truth:
    """True for the rows of `table` (the rule's schema, or an alias of it) that the rule selects."""
    schema, group = parse(rule, catalog)
    return group_truth(group, Scope(schema, table, clock))


def condition_of(group: Any, schema: SchemaInfo, catalog: Catalog, table: sa.FromClause, clock: Clock) -> Truth:
    """The same for a group alone, on records of `schema`."""
    reader = Reader(catalog)
    read = reader.group(group, schema, "where", 1, 0, may_be_empty=True)
    if reader.problems or read is None:
        raise RuleError(*reader.problems)
    return group_truth(read, Scope(schema, table, clock))


def population(rule: Any, catalog: Catalog, clock: Clock) -> sa.Select[Any]:
    """The keys of the records that the rule selects, as k_1, k_2, …"""
    schema, group = parse(rule, catalog)
    table = schema.table.alias()
    keys = [table.c[field.column].label(f"k_{n}") for n, field in enumerate(schema.key, start=1)]
    select = sa.select(*keys)
    return select.where(group_truth(group, Scope(schema, table, clock))) if group.items else select


class Scope:
    """Where a condition stands: the records it is about, and the clock."""

    def __init__(self, schema: SchemaInfo, table: sa.FromClause, clock: Clock) -> None:
        self.schema, self.table, self.clock = schema, table, clock

    def column(self, name: str) -> sa.ColumnElement[Any]:
        return self.table.c[self.schema.field(name).column]


# --- groups -----------------------------------------------------------------------------------------------------


def group_truth(group: Group, scope: Scope) -> Truth:
    if not group.items:
        return sa.true()
    parts = [node_truth(item, scope) for item in group.items]
    joined = parts[0] if len(parts) == 1 else (sa.and_ if group.op == "and" else sa.or_)(*parts)
    return is_not_true(joined) if group.negated else joined


def node_truth(node: Node, scope: Scope) -> Truth:
    if isinstance(node, Group):
        return group_truth(node, scope)
    return condition_truth(node, scope) if isinstance(node, Condition) else linked_truth(node, scope)


def is_not_true(truth: Truth) -> Truth:
    """NOT EXISTS where it can be, since PostgreSQL plans it as an anti-join; IS NOT TRUE for what may be NULL."""
    if isinstance(truth, sa.sql.selectable.Exists):
        return sa.not_(truth)
    return truth.is_not(sa.true())


# --- links ------------------------------------------------------------------------------------------------------


class Chain:
    """The tables along a path, each under a name of its own, joined from the first to the last."""

    def __init__(self, start: SchemaInfo, steps: Steps, clock: Clock) -> None:
        self.start, self.steps = start, steps
        self.tables = [schema.table.alias() for _link, schema in steps]
        self.joined: sa.FromClause = self.tables[0]
        scope = Scope(steps[0][1], self.tables[0], clock)
        for (link, schema), table in zip(steps[1:], self.tables[1:], strict=True):
            target = Scope(schema, table, clock)
            self.joined = self.joined.join(table, sa.and_(*(scope.column(a) == target.column(b) for a, b in link.pairs)))
            scope = target
        self.end = scope

    @property
    def entry(self) -> list[sa.ColumnElement[Any]]:
        """The columns of the first table that name the record where the path starts."""
        link, schema = self.steps[0]
        return [self.tables[0].c[schema.field(there).column] for _here, there in link.pairs]

    def exists(self, outer: Scope, *where: Truth) -> sa.Exists:
        link, _schema = self.steps[0]
        belongs = [column == outer.column(here) for column, (here, _there) in zip(self.entry, link.pairs, strict=True)]
        select: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(self.joined).where(*belongs, *where)
        return sa.exists(select.correlate(outer.table))

    def distinct_rows(self, measured: sa.ColumnElement[Any] | None, where: Truth | None) -> tuple[sa.Select[Any], int]:
        """Entry columns and what is measured; each record at the end once for each start, whatever the ways to it."""
        columns: list[sa.ColumnElement[Any]] = [column.label(f"e_{n}") for n, column in enumerate(self.entry, start=1)]
        columns += [] if measured is None else [measured.label("m")]
        select = sa.select(*columns).select_from(self.joined)
        if len(self.steps) > 1 and any(not link.to_many for link, _schema in self.steps):
            keys = [self.end.table.c[field.column].label(f"n_{n}") for n, field in enumerate(self.end.schema.key, start=1)]
            select = select.add_columns(*keys).distinct()
        return (select if where is None else select.where(where)), len(self.entry)


def condition_truth(node: Condition, scope: Scope) -> Truth:
    opposite = OPPOSITES.get(node.op)
    if not node.steps:
        column = scope.column(node.field.name)
        if node.op == "ne" and not whole_day(node.value, node.field.type):
            return column.is_distinct_from(literal(node.value, node.field.type, scope.clock))
        if node.op == "empty":
            is_text = node.field.kind.family == "text"
            return sa.or_(column.is_(None), column == sa.literal_column("''")) if is_text else column.is_(None)
        truth = compare(column, opposite or node.op, node.value, node.field.type, scope.clock)
        return is_not_true(truth) if opposite else truth
    chain = Chain(scope.schema, node.steps, scope.clock)
    truth = compare(chain.end.column(node.field.name), opposite or node.op, node.value, node.field.type, scope.clock)
    found = chain.exists(scope, truth)
    return sa.not_(found) if opposite else found


def linked_truth(node: Linked, scope: Scope) -> Truth:
    chain = Chain(scope.schema, node.steps, scope.clock)
    where = group_truth(node.where, chain.end) if node.where.items else None
    if node.quantifier in ("any", "none"):
        found = chain.exists(scope, *([] if where is None else [where]))
        return found if node.quantifier == "any" else sa.not_(found)
    return figure_truth(node, chain, where, scope)


def figure_truth(node: Linked, chain: Chain, where: Truth | None, scope: Scope) -> Truth:
    """Compare a number of linked records or a figure of one of their fields.

    The figures of all records that have linked ones stand in one grouped query; those without have none there. So
    where 0 is an answer too, the question is turned round: nobody for whom the comparison fails.
    """
    measured = None if node.field is None else chain.end.column(node.field.name)
    rows, entries = chain.distinct_rows(measured, where)
    source = rows.subquery()
    names = [f"e_{n}" for n in range(1, entries + 1)]
    figure = FIGURES[node.quantifier](source.c.m if measured is not None else sa.literal_column("*"))
    truth = compare_figure(figure, node, scope.clock)
    zero_counts = node.quantifier in ("count", "sum") and zero_satisfies(node)
    having = is_not_true(truth) if zero_counts else truth
    grouped = sa.select(*(source.c[name] for name in names)).group_by(*(source.c[name] for name in names)).having(having).subquery()
    link = node.steps[0][0]
    belongs = [grouped.c[name] == scope.column(here) for name, (here, _there) in zip(names, link.pairs, strict=True)]
    found = sa.exists(sa.select(sa.literal_column("1")).select_from(grouped).where(*belongs).correlate(scope.table))
    return sa.not_(found) if zero_counts else found


FIGURES: dict[str, Callable[[Any], sa.ColumnElement[Any]]] = {
    "count": sa.func.count,
    "sum": lambda column: sa.func.coalesce(sa.func.sum(column), sa.literal_column("0")),
    "avg": sa.func.avg,
    "min": sa.func.min,
    "max": sa.func.max,
}


def compare_figure(figure: sa.ColumnElement[Any], node: Linked, clock: Clock) -> Truth:
    """As `compare`, but what has no value fails every comparison, its opposites too."""
    opposite = OPPOSITES.get(node.op)
    truth = compare(figure, opposite or node.op, node.value, node.type, clock)
    return sa.and_(figure.is_not(None), is_not_true(truth)) if opposite else truth


def zero_satisfies(node: Linked) -> bool:
    value, zero = node.value, Decimal(0)
    if node.op == "between":
        return bool(value[0] <= zero <= value[1])
    answers = {"eq": zero == value, "ne": zero != value, "lt": zero < value, "le": zero <= value, "gt": zero > value, "ge": zero >= value}
    return bool(answers[node.op])


# --- comparisons ------------------------------------------------------------------------------------------------

# Values are never cast to the column's own type: numeric(4,2) would round them and varchar(3) would cut them.
PLAIN_TYPES: dict[str, Any] = {
    "number": sa.Numeric(), "text": sa.Text(), "date": sa.Date(), "datetime": sa.DateTime(timezone=True), "time": sa.Time(), "uuid": UUID(),
}  # fmt: skip


def plain_type(type: str) -> Any:
    if type in ("integer", "big_integer"):
        return sa.BigInteger()
    return sa.Double() if type == "double" else PLAIN_TYPES[TYPES[type].family]


def literal(value: Any, type: str, clock: Clock) -> sa.ColumnElement[Any]:
    return sa.literal(stored(value, type, clock), plain_type(type))


def stored(value: Any, type: str, clock: Clock) -> Any:
    """A time without a zone is one in the clock's zone."""
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=clock.zone)
    return float(value) if type == "double" else value


def whole_day(value: Any, type: str) -> bool:
    return TYPES[type].family == "datetime" and isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def compare(column: sa.ColumnElement[Any], op: str, value: Any, type: str, clock: Clock) -> Truth:
    """One comparison that is not the opposite of another; NULL where the column is."""
    family = TYPES[type].family
    if op == "not_empty":
        return column != sa.literal_column("''") if family == "text" else column.is_not(None)
    if op in ("is_true", "is_false"):
        return column.is_(sa.true() if op == "is_true" else sa.false())
    if op in ("today", "within_last", "within_next"):
        return in_days(column, *day_range(op, value, clock.today), family, clock)
    if op == "in":
        array = sa.literal([stored(item, type, clock) for item in value], ARRAY(plain_type(type)))
        return column == sa.any_(array)
    if op in ("contains", "starts_with", "ends_with"):
        return TEXT_MATCHES[op](column, value)
    low, high = value if op == "between" else (value, value)
    if whole_day(low, type):
        return compare_days(column, op, low, high, clock)
    if op == "between":
        return sa.and_(column >= literal(low, type, clock), column <= literal(high, type, clock))
    return COMPARISONS[op](column, literal(value, type, clock))


TEXT_MATCHES: dict[str, Callable[[Any, str], Truth]] = {
    "contains": lambda column, text: column.contains(text, autoescape=True),
    "starts_with": lambda column, text: column.startswith(text, autoescape=True),
    "ends_with": lambda column, text: column.endswith(text, autoescape=True),
}
COMPARISONS: dict[str, Callable[[Any, Any], Truth]] = {
    "eq": lambda a, b: a == b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
}  # fmt: skip


# --- days -------------------------------------------------------------------------------------------------------


def day_range(op: str, value: Relative | None, today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """First and last day, both included."""
    if value is None:
        return today, today
    return (shift(today, value, -1), today) if op == "within_last" else (today, shift(today, value, 1))


def shift(day: datetime.date, by: Relative, sign: int) -> datetime.date:
    """A day so many units away; the 31st becomes the last day of a shorter month."""
    if by.unit in ("day", "week"):
        return day + datetime.timedelta(days=sign * by.amount * (7 if by.unit == "week" else 1))
    month = day.year * 12 + day.month - 1 + sign * by.amount * (12 if by.unit == "year" else 1)
    year, month = month // 12, month % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def midnight(day: datetime.date, clock: Clock) -> sa.ColumnElement[Any]:
    return sa.literal(datetime.datetime.combine(day, datetime.time(), clock.zone), sa.DateTime(timezone=True))


def in_days(column: sa.ColumnElement[Any], first: datetime.date, last: datetime.date, family: str, clock: Clock) -> Truth:
    after = last + datetime.timedelta(days=1)
    if family == "date":
        return sa.and_(column >= sa.literal(first, sa.Date()), column < sa.literal(after, sa.Date()))
    return sa.and_(column >= midnight(first, clock), column < midnight(after, clock))


def compare_days(column: sa.ColumnElement[Any], op: str, low: datetime.date, high: datetime.date, clock: Clock) -> Truth:
    """A date and time against whole days."""
    after = low + datetime.timedelta(days=1)
    if op in ("eq", "between"):
        return in_days(column, low, high, "datetime", clock)
    bound = midnight(after if op in ("le", "gt") else low, clock)
    return column < bound if op in ("lt", "le") else column >= bound
