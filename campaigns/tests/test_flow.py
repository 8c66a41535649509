"""Flow: order, ports and what flows where; drafts never raise."""

import pytest

from campaigns.flow import in_order, view_name, walk
from campaigns.testing import Played, audience, graph, where
from campaigns.validate import problems
from schemas.catalog import Catalog, Clock

pytestmark = pytest.mark.django_db


def texts(drawing: dict, uid: str | None = None, level: str = "error") -> list[str]:
    return [str(p.text) for p in problems(drawing, Catalog.load()) if p.level == level and (uid is None or p.where == uid)]


def test_it_works(shop: None) -> None:
    played = Played(
        graph([{"uid": "end", "kind": "end"}, {"uid": "w", "kind": "wait"}, audience("a", where("city", "eq", "Paris"))], ["a>w", "w>end"])
    )
    assert list(played.flow.boxes) == ["a", "w", "end"]
    assert played.keys("w") == {3, 5, 6, 7}
    assert played.flow.boxes["w"].inputs["in"][0].activity == "a"


def test_view_names_fit_postgresql() -> None:
    assert view_name("r12", "abc", "out") == "r12_abc_out"
    long = view_name("r12", "a" * 32, "x" * 40)
    assert len(long) <= 63 and long != view_name("r12", "a" * 32, "x" * 39 + "y")
    assert view_name("r1", 'a"; drop', "out") == "r1_a___drop_out"


def test_circles_are_named_and_the_rest_goes_on(shop: None) -> None:
    drawing = graph(
        [
            audience("a"),
            {"uid": "x", "kind": "wait"},
            {"uid": "y", "kind": "wait"},
            {"uid": "end", "kind": "end"},
            {"uid": "self", "kind": "wait"},
        ],
        ["a>end", "x>y", "y>x", "self>self"],
    )
    assert in_order(drawing) == (["a", "end"], ["x", "y", "self"])
    for uid in ("x", "y", "self"):
        assert any("circle" in text for text in texts(drawing, uid))
    assert texts(drawing, "a") == []


def test_everything_wrong_is_told_at_once(shop: None) -> None:
    drawing = graph(
        [
            audience("rule", where("nothing", "eq", 1)), {"uid": "loose", "kind": "split"}, {"uid": "two", "kind": "wait"}, {"uid": "odd", "kind": "unknown"},
            {"uid": "lonely", "kind": "combine"}, audience("a"), audience("o", schema="order"), {"uid": "mixed", "kind": "combine"},
        ],
        ["rule>two", "a>two", "a>lonely", "a>mixed", "o>mixed", "rule.nowhere>odd", {"source": "a", "target": "gone"}],
    )  # fmt: skip
    found = problems(drawing, Catalog.load())
    by_box = {p.where for p in found if p.level == "error"}
    assert by_box >= {"rule", "loose", "two", "odd", "lonely", "mixed", "a"}
    assert any("different dimensions" in str(p.text) for p in found)
    assert all(p.text for p in found)


def test_an_empty_drawing_and_one_without_a_start(shop: None) -> None:
    assert texts(graph([])) == ["The campaign is empty."]
    assert "The campaign has no start." in texts(graph([{"uid": "w", "kind": "wait"}]), "")


def test_loose_ends_are_warnings(shop: None) -> None:
    drawing = graph(
        [audience("a"), {"uid": "f", "kind": "fork", "config": {"branches": ["X", "Y"]}}, {"uid": "end", "kind": "end"}],
        ["a>f", "f.out_1>end"],
    )
    assert texts(drawing) == []
    assert any("Y" in text for text in texts(drawing, "f", "warning"))


def test_boxes_behind_an_unfinished_one_still_offer_choices(shop: None) -> None:
    """Forms further on know the dimension, so that their problems are their own."""
    drawing = graph(
        [
            {"uid": "a", "kind": "build_audience", "config": {"dimension": "customer", "rule": {"broken": 1}}},
            {"uid": "d", "kind": "deduplicate", "config": {"fields": ["phone"]}},
        ],
        ["a>d"],
    )
    flow = walk(drawing, Catalog.load(), Clock.current(), "s", "t")
    assert not flow.boxes["a"].sound and not flow.boxes["d"].sound
    assert flow.boxes["d"].problems == []
    assert flow.boxes["d"].inputs["in"][0].dimension == "customer"


def test_a_long_chain_and_many_boxes(shop: None) -> None:
    count = 499
    drawing = graph(
        [audience("a0"), *({"uid": f"a{n}", "kind": "wait"} for n in range(1, count))], [f"a{n}>a{n + 1}" for n in range(count - 1)]
    )
    flow = walk(drawing, Catalog.load(), Clock.current(), "s", "t")
    assert flow.problems == [] and flow.boxes[f"a{count - 1}"].sound


def test_rules_on_schemas_that_are_gone_select_nobody(shop: None) -> None:
    flow = walk(graph([audience("a", schema="gone")]), Catalog.load(), Clock.current(), "s", "t")
    assert flow.problems and flow.boxes["a"].steps == []
