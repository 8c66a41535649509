"""Split: in order, exact sizes, the same lots for the same seed."""

import pytest

from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, where
from schemas.catalog import Catalog, Clock

pytestmark = pytest.mark.usefixtures("shop")

PARIS = {"kind": "group", "op": "and", "not": False, "items": [where("city", "eq", "Paris")]}


def split(*subsets: dict, seed: str = "seed", uid: str = "s", prefix: str = "t") -> Played:
    return Played(graph([audience("a"), {"uid": uid, "kind": "split", "config": {"subsets": list(subsets)}}], [f"a>{uid}"]), seed, prefix)


def subset(label: str, kind: str = "none", limit: float | None = None, rule: dict | None = None, sort: dict | None = None) -> dict:
    return {"label": label, "limit_kind": kind, "limit": limit, "rule": rule, "sort": sort}


def sizes(played: Played) -> list[int]:
    return [len(played.rows("s", port.key)) for port in played.flow.boxes["s"].output_ports]


def test_it_works() -> None:
    french = {"kind": "group", "op": "and", "not": False, "items": [where("language", "eq", "fr")]}
    played = split(subset("Paris", rule=PARIS), subset("French", rule=french))
    assert played.keys("s", "out_1") == {3, 5, 6, 7}
    assert played.keys("s", "out_2") == {2, 9, 12}
    assert played.keys("s", "complement") == {1, 4, 8, 10, 11}
    assert played.balance("s") == (12, 12)


def test_ports_carry_the_labels() -> None:
    ports = split(subset("Paris"), subset("Rest")).flow.boxes["s"].output_ports
    assert [(p.key, str(p.label), p.role) for p in ports] == [
        ("out_1", "Paris", "main"),
        ("out_2", "Rest", "main"),
        ("complement", "Complement", "complement"),
    ]


@pytest.mark.parametrize(
    ("percents", "expected"),
    [
        ([50, 50], [6, 6, 0]),
        ([10], [1, 11]),
        ([33.3, 33.3, 33.3], [4, 4, 4, 0]),
        ([100, 50], [12, 0, 0]),
        ([0, 100], [0, 12, 0]),
        ([4], [0, 12]),
        ([12.5, 12.5], [2, 2, 8]),
    ],
)
def test_percentages_are_of_all_and_exact(percents: list[float], expected: list[int]) -> None:
    played = split(*(subset(f"S{n}", "percent", p) for n, p in enumerate(percents)))
    assert sizes(played) == expected
    assert played.balance("s") == (12, 12)


def test_percentages_are_of_those_who_meet_the_rule() -> None:
    played = split(subset("Half of Paris", "percent", 50, rule=PARIS))
    assert len(played.rows("s", "out_1")) == 2 and played.keys("s", "out_1") < {3, 5, 6, 7}


def test_numbers_take_the_first_in_the_order() -> None:
    newest = {"path": [], "field": "birth_date", "direction": "desc"}
    played = split(
        subset("Youngest", "number", 3, sort=newest), subset("Next", "number", 2, sort=newest), subset("Too many", "number", 100)
    )
    assert played.keys("s", "out_1") == {12, 5, 3}  # 2004, 2001, 1999
    assert played.keys("s", "out_2") == {11, 2}
    assert sizes(played) == [3, 2, 7, 0]


def test_those_without_a_value_come_last_either_way() -> None:
    """Customer 8 has no date of birth."""
    for direction in ("asc", "desc"):
        played = split(subset("Eleven", "number", 11, sort={"path": [], "field": "birth_date", "direction": direction}), prefix=direction)
        assert played.keys("s", "complement") == {8}


def test_it_sorts_by_added_columns_and_along_links() -> None:
    count = {"kind": "aggregate", "function": "count", "path": ["orders"], "alias": "bought", "where": None}
    first = subset("Best", "number", 1, sort={"column": "bought", "direction": "desc"})
    store = subset("Opera", "number", 1, sort={"path": ["store"], "field": "name", "direction": "desc"})
    boxes = [
        audience("a"),
        {"uid": "e", "kind": "enrich", "config": {"entries": [count]}},
        {"uid": "s", "kind": "split", "config": {"subsets": [first, store]}},
    ]
    played = Played(graph(boxes, ["a>e", "e>s"]))
    assert played.rows("s", "out_1") == [(1, 3)]
    assert played.keys("s", "out_2") < {3, 5, 6, 7, 9, 12}


def test_chance_is_the_same_for_the_same_seed_and_only_then() -> None:
    def drawn(seed: str, uid: str, prefix: str) -> set:
        return split(subset("Half", "percent", 50), seed=seed, uid=uid, prefix=prefix).keys(uid, "out_1")

    first = drawn("seed", "s", "a")
    assert first == drawn("seed", "s", "b")
    others = [drawn("other", "s", "c"), drawn("third", "s", "d"), drawn("seed", "s2", "e"), drawn("seed", "s3", "f")]
    assert any(other != first for other in others[:2]) and any(other != first for other in others[2:])


def test_chance_treats_subsets_alike() -> None:
    """Over many seeds each record is in a half about half of the time; two halves drawn twice are independent."""
    times = dict.fromkeys(range(1, 13), 0)
    for n in range(60):
        for key in split(subset("Half", "percent", 50), seed=f"seed {n}", prefix=f"t{n}").keys("s", "out_1"):
            times[key] += 1
    assert sum(times.values()) == 60 * 6
    assert all(12 <= count <= 48 for count in times.values())  # 30 ± 4.6 standard deviations


def test_it_refuses_what_makes_no_sense() -> None:
    for bad in (
        subset("A", "number", -1), subset("A", "percent", 101), subset("A", "percent", None), subset("A", "some"), subset("A", rule={"kind": "nonsense"}),
        subset("A", "number", 1, sort={"path": [], "field": "gone", "direction": "asc"}), subset("A", "number", 1.5),
    ):  # fmt: skip
        drawing = graph([audience("a"), {"uid": "s", "kind": "split", "config": {"subsets": [bad]}}], ["a>s"])
        flow = walk(drawing, Catalog.load(), Clock.current(), "s", "t")
        assert [p.where for p in flow.problems if p.level == "error"] and not flow.boxes["s"].steps, bad


def test_more_than_a_hundred_percent_is_a_warning() -> None:
    drawing = graph(
        [audience("a"), {"uid": "s", "kind": "split", "config": {"subsets": [subset("A", "percent", 60), subset("B", "percent", 60)]}}],
        ["a>s"],
    )
    assert [p.level for p in walk(drawing, Catalog.load(), Clock.current(), "s", "t").problems] == ["warning"]
