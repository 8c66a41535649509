"""Short ways to write rules in tests."""

from collections.abc import Iterable
from typing import Any


def rule(*items: Any, schema: str = "customer", op: str = "and", negated: bool = False) -> dict[str, Any]:
    return {"version": 1, "schema": schema, "where": group(*items, op=op, negated=negated)}


def group(*items: Any, op: str = "and", negated: bool = False) -> dict[str, Any]:
    return {"kind": "group", "op": op, "not": negated, "items": list(items)}


def where(field: str, op: str, value: Any = None) -> dict[str, Any]:
    """A condition; `field` may be a path such as address.city.name."""
    *path, name = field.split(".")
    return {"kind": "condition", "path": path, "field": name, "op": op, "value": value}


def linked(
    path: str, quantifier: str = "any", *items: Any, field: str | None = None, op: str | None = None, value: Any = None
) -> dict[str, Any]:
    return {
        "kind": "link",
        "path": path.split("."),
        "quantifier": quantifier,
        "field": field,
        "op": op,
        "value": value,
        "where": group(*items),
    }


def either(*items: Any) -> dict[str, Any]:
    return group(*items, op="or")


def neither(*items: Any) -> dict[str, Any]:
    return group(*items, op="or", negated=True)


def keys_of(rows: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in rows}
