"""Fork: everybody goes everywhere."""

import pytest

from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, where
from schemas.catalog import Catalog, Clock

pytestmark = pytest.mark.usefixtures("shop")


def test_it_works() -> None:
    played = Played(
        graph([audience("a", where("city", "eq", "Paris")), {"uid": "f", "kind": "fork", "config": {"branches": ["X", "Y", "Z"]}}], ["a>f"])
    )
    assert [str(port.label) for port in played.flow.boxes["f"].output_ports] == ["X", "Y", "Z"]
    assert [played.keys("f", f"out_{n}") for n in (1, 2, 3)] == [{3, 5, 6, 7}] * 3


@pytest.mark.parametrize("branches", [["X"], [], ["X", "X"], [str(n) for n in range(21)], "X"])
def test_it_needs_two_to_twenty_different_names(branches: object) -> None:
    flow = walk(
        graph([audience("a"), {"uid": "f", "kind": "fork", "config": {"branches": branches}}], ["a>f"]),
        Catalog.load(),
        Clock.current(),
        "s",
        "t",
    )
    assert [p.where for p in flow.problems] == ["f"]


def test_names_can_be_typed_line_by_line() -> None:
    flow = walk(
        graph([audience("a"), {"uid": "f", "kind": "fork", "config": {"branches": "X\r\nY\n"}}], ["a>f"]),
        Catalog.load(),
        Clock.current(),
        "s",
        "t",
    )
    assert flow.boxes["f"].node.config == {"branches": ["X", "Y"]}
    assert [p.key for p in flow.boxes["f"].output_ports] == ["out_1", "out_2"]
