"""And-join: one goes on, the others are counted."""

import pytest

from campaigns.testing import Played, audience, graph, where

pytestmark = pytest.mark.usefixtures("shop")


@pytest.mark.parametrize(("primary", "expected"), [("b", {3, 5, 6, 7}), ("c", {1}), ("", {1})])
def test_it_works(primary: str, expected: set) -> None:
    boxes = [
        audience("b", where("city", "eq", "Paris")),
        audience("c", where("customer_id", "eq", 1)),
        {"uid": "j", "kind": "and_join", "config": {"primary": primary}},
    ]
    played = Played(graph(boxes, ["c>j", "b>j"]))
    assert played.keys("j") == expected
    assert played.excluded["j"] == {"not_primary": 5 - len(expected)}
    assert played.balance("j") == (5, 5)


def test_dimensions_may_differ() -> None:
    boxes = [audience("b"), audience("o", schema="order"), {"uid": "j", "kind": "and_join", "config": {"primary": "o"}}]
    assert len(Played(graph(boxes, ["b>j", "o>j"])).rows("j")) == 10
