"""What every type of activity promises; a new file in the folder is held to it without a line here."""

from pathlib import Path

import pytest
from django.db import connection

from campaigns.activities.base import COMPLEMENT, ActivityType, registry
from campaigns.activities.steps import Consider, Exclude, Fill, Finish, Hold, Pass, Send, Written
from campaigns.choices import Category
from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, sender, where
from schemas.catalog import Catalog, Clock
from schemas.sql import compile_sql

# Stored in databases: a key that disappears from here orphans boxes.
KEYS = ["and_join", "build_audience", "combine", "deduplicate", "email", "end", "enrich", "fork", "split", "wait"]
HERE = Path(__file__).parent / "activities"

each_type = pytest.mark.parametrize("kind", registry().values(), ids=lambda kind: kind.key)


def example_graph(kind: ActivityType) -> dict:
    """The example behind as many audiences as it takes."""
    config = dict(kind.example)
    if "sender" in config:
        config["sender"] = sender().pk
    box = {"uid": "it", "kind": kind.key, "config": config}
    needed = [port for port in kind.ports(config)[0] if not port.optional]
    starts = (
        [audience("a"), audience("b", where("city", "eq", "Paris"))]
        if any(port.many for port in needed)
        else [audience("a")]
        if needed
        else []
    )
    return graph([*starts, box], [f"{start['uid']}>it" for start in starts])


def test_the_keys_are_the_stored_ones() -> None:
    assert sorted(registry()) == KEYS


@each_type
def test_it_explains_itself(kind: ActivityType) -> None:
    first, _rest, *_more = ((kind.__doc__ or "") + "\n\n").split("\n")
    assert first.endswith(".") and 10 < len(first) < 80
    assert str(kind.label) and kind.icon.replace("_", "").isalnum()
    assert kind.category in Category
    assert kind.key == Path(__import__(kind.__class__.__module__, fromlist=["x"]).__file__).stem


@each_type
def test_its_form_explains_itself(kind: ActivityType) -> None:
    assert all(field.label for field in kind.Form.base_fields.values())
    assert set(kind.example) <= set(kind.Form.base_fields)


@each_type
def test_it_has_a_test_of_its_own(kind: ActivityType) -> None:
    assert (HERE / f"test_{kind.key}.py").exists()


@each_type
def test_its_example_fills_exactly_its_ports(kind: ActivityType, shop: None) -> None:
    flow = walk(example_graph(kind), Catalog.load(), Clock.current(), "seed", "t")
    assert [p for p in flow.problems if p.level == "error"] == []
    box = flow.boxes["it"]
    filled = [step.port for step in box.steps if isinstance(step, Fill | Pass | Written)]
    assert sorted(filled) == sorted(port.key for port in box.output_ports)
    assert all(isinstance(step, Fill | Pass | Written | Exclude | Consider | Hold | Send | Finish) for step in box.steps)
    assert {port.role for port in box.output_ports} <= {"main", COMPLEMENT}


@each_type
def test_it_compiles_to_the_same_text_twice(kind: ActivityType, shop: None) -> None:
    clock = Clock.current()

    def texts() -> list:
        steps = walk(example_graph(kind), Catalog.load(), clock, "seed", "t").boxes["it"].steps
        selects = [s for step in steps for s in (getattr(step, "select", None), getattr(step, "consent_now", None)) if s is not None]
        return [compile_sql(select) for select in selects]

    assert texts() == texts()


@each_type
def test_the_database_accepts_its_sql(kind: ActivityType, shop: None) -> None:
    played = Played(example_graph(kind))
    for step in played.flow.boxes["it"].steps:
        if hasattr(step, "select"):
            statement = compile_sql(step.select)
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement.text}", dict(statement.params))
                assert cursor.fetchall()


@each_type
def test_nobody_is_lost(kind: ActivityType, shop: None) -> None:
    played = Played(example_graph(kind))
    if kind.ports(kind.example)[1]:
        rows_in, accounted = played.balance("it")
        assert rows_in == accounted > 0


@each_type
def test_its_columns_are_the_ones_it_promises(kind: ActivityType, shop: None) -> None:
    played = Played(example_graph(kind))
    for port, population in played.flow.boxes["it"].outputs.items():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'work' AND table_name = %s ORDER BY ordinal_position",
                [population.table.name],
            )
            assert [name for (name,) in cursor.fetchall()] == [column.name for column in population.columns], port


@each_type
def test_it_says_what_is_wrong_instead_of_failing(kind: ActivityType, shop: None) -> None:
    """Configs of another type, half configs, no config: problems or nothing, never an exception."""
    for config in (
        {},
        {"rule": 3, "subsets": 3, "fields": "x..y", "entries": [1], "branches": 5, "primary": "gone"},
        dict.fromkeys(kind.example),
    ):
        drawing = graph([audience("a"), {"uid": "it", "kind": kind.key, "config": config}], ["a>it"])
        walk(drawing, Catalog.load(), Clock.current(), "seed", "t")
        kind.summary(config, Catalog.load())


@each_type
def test_it_takes_its_own_cleaned_config_again(kind: ActivityType, shop: None) -> None:
    drawing = example_graph(kind)
    catalog = Catalog.load()
    form = walk(drawing, catalog, Clock.current(), "seed", "t").boxes["it"].form
    assert form is not None and form.is_valid()
    again = [{**a, "config": form.cleaned_data} if a["uid"] == "it" else a for a in drawing["activities"]]
    second = walk({**drawing, "activities": again}, catalog, Clock.current(), "seed", "t").boxes["it"].form
    assert second is not None and second.cleaned_data == form.cleaned_data
    unbound = type(form)(initial=form.cleaned_data, catalog=catalog, inputs=form.inputs, sources=form.sources)
    assert all(name in str(unbound) for name in unbound.fields)
