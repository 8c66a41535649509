"""Build audience: as a start, and as a filter."""

import pytest

from campaigns.activities.build_audience import BuildAudience
from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, where
from schemas.catalog import Catalog, Clock

pytestmark = pytest.mark.usefixtures("shop")


def test_it_works() -> None:
    played = Played(graph([audience("a", where("city", "eq", "Paris"))]))
    assert played.keys("a") == {3, 5, 6, 7}
    assert (played.considered["a"], played.excluded["a"]) == (12, {"rule_not_met": 8})
    assert played.balance("a") == (12, 12)


def test_an_empty_rule_selects_everybody() -> None:
    played = Played(graph([audience("a"), {"uid": "b", "kind": "build_audience", "config": {"dimension": "customer"}}]))
    assert len(played.rows("a")) == len(played.rows("b")) == 12
    assert played.excluded["a"] == {"rule_not_met": 0}


def test_unknown_values_count_as_not_met() -> None:
    """Customer 9 has no city: neither in Paris nor accounted for twice."""
    played = Played(graph([audience("a", where("city", "starts_with", "P"))]))
    assert played.balance("a") == (12, 12)


def test_it_filters_what_arrives() -> None:
    played = Played(graph([audience("a", where("city", "eq", "Paris")), audience("b", where("last_name", "eq", "Durand"))], ["a>b"]))
    assert played.keys("b") == {5, 6, 7}
    assert played.excluded["b"] == {"rule_not_met": 1}


def test_it_filters_on_composite_keys_and_keeps_columns() -> None:
    enrich = {
        "uid": "e",
        "kind": "enrich",
        "config": {"entries": [{"kind": "attribute", "path": ["product"], "field": "name", "alias": "what"}]},
    }
    played = Played(
        graph([audience("a", schema="order_line"), enrich, audience("b", where("quantity", "gt", 1), schema="order_line")], ["a>e", "e>b"])
    )
    assert {row[:2] for row in played.rows("b")} == {(1, 2), (3, 1), (7, 1), (9, 1)}
    assert {row[2] for row in played.rows("b")} == {"Rosin", "Music stand"}


def test_it_refuses_another_dimension() -> None:
    flow = walk(graph([audience("a"), audience("b", schema="order")], ["a>b"]), Catalog.load(), Clock.current(), "s", "t")
    assert [p.where for p in flow.problems] == ["b"]
    assert "Order" in str(flow.problems[0].text)


def test_a_rule_alone_fills_in_its_dimension() -> None:
    """Else the panel would show an empty rule, and storing it would lose the stored one."""
    config = audience("a", where("city", "eq", "Paris"))["config"]
    form = BuildAudience.Form(initial={"dimension": None, "rule": config["rule"]}, catalog=Catalog.load(), inputs={})
    assert form["dimension"].value() == "customer"
    assert 'value="customer" selected' in str(form["dimension"])
