"""Combine: sets in every constellation, against Python's own."""

import itertools

import pytest

from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, where
from schemas.catalog import Catalog, Clock
from schemas.testing import sakila, sakila_available

PARIS = audience("paris", where("city", "eq", "Paris"))  # 3 5 6 7
FRENCH = audience("french", where("language", "eq", "fr"))  # 2 3 5 6 7 9 12
BUYERS = audience(
    "buyers",
    {
        "kind": "link",
        "path": ["orders"],
        "quantifier": "any",
        "field": None,
        "where": {"kind": "group", "op": "and", "not": False, "items": []},
    },
)
SETS = {"paris": {3, 5, 6, 7}, "french": {2, 3, 5, 6, 7, 9, 12}, "buyers": {1, 2, 3, 4, 5, 6, 7, 10}}


def combine(method: str, *uids: str, primary: str = "") -> Played:
    box = {"uid": "c", "kind": "combine", "config": {"method": method, "primary": primary}}
    return Played(graph([PARIS, FRENCH, BUYERS, box], [f"{uid}>c" for uid in uids]))


@pytest.mark.usefixtures("shop")
class TestSets:
    def test_it_works(self) -> None:
        played = combine("union", "paris", "buyers")
        assert played.keys("c") == SETS["paris"] | SETS["buyers"]
        assert played.excluded["c"] == {"in_several_sets": 4}
        assert played.balance("c") == (12, 12)

    @pytest.mark.parametrize("order", list(itertools.permutations(SETS)))
    def test_three_sets(self, order: tuple[str, ...]) -> None:
        sets = [SETS[uid] for uid in order]
        total, union = sum(map(len, sets)), set.union(*sets)
        found = combine("union", *order)
        assert (found.keys("c"), found.excluded["c"]) == (union, {"in_several_sets": total - len(union)})

    @pytest.mark.parametrize("primary", SETS)
    def test_intersection_of_three(self, primary: str) -> None:
        found = combine("intersection", *SETS, primary=primary)
        inside = set.intersection(*SETS.values())
        assert found.keys("c") == inside
        assert found.keys("c", "complement") == set.union(*SETS.values()) - inside
        assert len(found.rows("c", "complement")) == len(found.keys("c", "complement"))
        assert found.balance("c")[0] == found.balance("c")[1]

    @pytest.mark.parametrize("primary", SETS)
    def test_exclusion_of_two_from_one(self, primary: str) -> None:
        found = combine("exclusion", *SETS, primary=primary)
        others = set.union(*(s for uid, s in SETS.items() if uid != primary))
        assert found.keys("c") == SETS[primary] - others
        assert found.keys("c", "complement") == SETS[primary] & others
        assert found.excluded["c"] == {"not_primary": sum(len(s) for uid, s in SETS.items() if uid != primary)}

    def test_empty_sets(self) -> None:
        nobody = audience("nobody", where("city", "eq", "Atlantis"))
        boxes = [
            PARIS,
            nobody,
            *({"uid": m, "kind": "combine", "config": {"method": m, "primary": "paris"}} for m in ("union", "intersection", "exclusion")),
        ]
        played = Played(graph(boxes, [f"{a}>{m}" for m in ("union", "intersection", "exclusion") for a in ("paris", "nobody")]))
        assert played.keys("union") == played.keys("exclusion") == SETS["paris"]
        assert played.keys("intersection") == set() and played.keys("intersection", "complement") == SETS["paris"]

    def test_columns_of_the_primary_set_stay(self) -> None:
        """Others bring theirs where name and type are the same, and nothing otherwise."""
        first = {"kind": "attribute", "path": ["store"], "field": "name", "alias": "shop"}
        spent = {"kind": "aggregate", "function": "count", "path": ["orders"], "alias": "orders_made", "where": None}
        boxes = [
            PARIS, BUYERS, {"uid": "e1", "kind": "enrich", "config": {"entries": [first, spent]}}, {"uid": "e2", "kind": "enrich", "config": {"entries": [first]}},
            {"uid": "c", "kind": "combine", "config": {"method": "union", "primary": "e1"}},
        ]  # fmt: skip
        played = Played(graph(boxes, ["paris>e1", "buyers>e2", "e2>c", "e1>c"]))
        assert [c.alias for c in played.flow.boxes["c"].outputs["out"].extra] == ["shop", "orders_made"]
        assert played.values("c", "shop")[1] == "Harbour" and played.values("c", "shop")[3] == "Opera"
        assert played.values("c", "orders_made")[3] == 1 and played.values("c", "orders_made")[1] is None

    def test_two_arrows_from_one_split(self) -> None:
        halves = {"uid": "s", "kind": "split", "config": {"subsets": [{"label": "Half", "limit_kind": "percent", "limit": 50}]}}
        played = Played(
            graph(
                [PARIS, halves, {"uid": "c", "kind": "combine", "config": {"method": "union"}}], ["paris>s", "s.out_1>c", "s.complement>c"]
            )
        )
        assert played.keys("c") == SETS["paris"]

    def test_it_refuses_different_dimensions_and_an_exclusion_without_a_primary_set(self) -> None:
        drawing = graph(
            [PARIS, audience("orders", schema="order"), {"uid": "c", "kind": "combine", "config": {"method": "exclusion"}}],
            ["paris>c", "orders>c"],
        )
        told = " ".join(str(p.text) for p in walk(drawing, Catalog.load(), Clock.current(), "s", "t").problems)
        assert "different dimensions" in told and "primary set" in told


@pytest.mark.skipif(not sakila_available(), reason="The Sakila sample is not on this machine.")
@pytest.mark.django_db
def test_sakila_question_10() -> None:
    """Payments above 150 (46), and a rental still out (159)."""
    sakila()
    everything = {"kind": "group", "op": "and", "not": False, "items": []}
    out = {"kind": "group", "op": "and", "not": False, "items": [where("return_date", "empty")]}
    big = audience(
        "big",
        {
            "kind": "link",
            "path": [link_to("payment")],
            "quantifier": "sum",
            "field": "amount",
            "op": "gt",
            "value": 150,
            "where": everything,
        },
    )
    still = audience("still", {"kind": "link", "path": [link_to("rental")], "quantifier": "any", "field": None, "where": out})
    methods = {"union": 191, "intersection": 14, "exclusion": 32}
    boxes = [big, still, *({"uid": m, "kind": "combine", "config": {"method": m, "primary": "big"}} for m in methods)]
    played = Played(graph(boxes, [f"{a}>{m}" for m in methods for a in ("big", "still")]))
    assert {m: len(played.rows(m)) for m in methods} == methods
    assert all(played.balance(m)[0] == played.balance(m)[1] == 46 + 159 for m in methods)


def link_to(target: str) -> str:
    return next(link.name for link in Catalog.load().schema("customer").links.values() if link.target == target)
