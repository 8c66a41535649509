"""Enrich: values beside the population, which keeps its size."""

import pytest

from campaigns.flow import walk
from campaigns.testing import Played, audience, graph, where
from schemas.catalog import Catalog, Clock
from schemas.testing import sakila, sakila_available

OUT = {"kind": "group", "op": "and", "not": False, "items": [where("returned_at", "empty")]}


def enrich(*entries: dict, schema: str = "customer", prefix: str = "t") -> Played:
    return Played(
        graph([audience("a", schema=schema), {"uid": "e", "kind": "enrich", "config": {"entries": list(entries)}}], ["a>e"]), prefix=prefix
    )


def figure(function: str, path: list[str], field: str = "", where: dict | None = None) -> dict:
    return {"kind": "aggregate", "function": function, "path": path, "field": field, "where": where, "alias": "it"}


@pytest.mark.usefixtures("shop")
class TestShop:
    def test_it_works(self) -> None:
        lines = {
            "kind": "collection", "path": ["orders"], "alias": "last_orders", "limit": 2, "where": None,
            "sort": {"path": [], "field": "placed_at", "direction": "desc"}, "fields": [{"path": [], "field": "order_id", "name": "number"}, "total"],
        }  # fmt: skip
        played = enrich({"kind": "attribute", "path": ["store"], "field": "city", "alias": "town"}, figure("count", ["orders"]), lines)
        assert played.balance("e") == (12, 12)
        assert played.values("e", "town")[1] == "Marseille" and played.values("e", "town")[11] is None
        assert played.values("e", "it")[1] == 3 and played.values("e", "it")[8] == 0
        assert [line["number"] for line in played.values("e", "last_orders")[1]] == [1, 2]
        assert played.values("e", "last_orders")[8] == []

    def test_figures(self) -> None:
        assert float(enrich(figure("sum", ["orders"], "total"), prefix="a").values("e", "it")[1]) == pytest.approx(469.8 + 320.5 + 49.5)
        assert float(enrich(figure("avg", ["orders"], "total"), prefix="b").values("e", "it")[2]) == 359.5
        assert enrich(figure("max", ["orders"], "placed_at"), prefix="c").values("e", "it")[1].date().isoformat() == "2026-10-30"
        assert enrich(figure("min", ["orders"], "order_id"), prefix="d").values("e", "it")[1] == 1
        nobody = enrich(figure("sum", ["orders"], "total"), figure("avg", ["orders"], "total") | {"alias": "mean"}, prefix="e")
        assert (nobody.values("e", "it")[8], nobody.values("e", "mean")[8]) == (0, None)

    def test_figures_of_some_only(self) -> None:
        still = enrich(figure("count", ["orders"], where=OUT))
        assert (still.values("e", "it")[1], still.values("e", "it")[3]) == (2, 0)

    def test_each_record_at_the_end_counts_once(self) -> None:
        """Customer 1 bought rosin in two orders: two lines lead to one product."""
        assert enrich(figure("count", ["orders", "lines", "product"]), prefix="a").values("e", "it")[1] == 3
        assert enrich(figure("count", ["orders", "lines"]), prefix="b").values("e", "it")[1] == 4

    def test_a_collection_follows_links_and_keeps_its_order(self) -> None:
        entry = {
            "kind": "collection", "path": ["orders", "lines"], "alias": "things", "limit": 3, "where": {"kind": "group", "op": "and", "not": False, "items": [where("quantity", "ge", 2)]},
            "sort": {"path": ["product"], "field": "price", "direction": "desc"},
            "fields": [{"path": ["product"], "field": "name", "name": "name"}, {"path": ["order"], "field": "placed_at", "name": "day"}, "quantity"],
        }  # fmt: skip
        things = enrich(entry).values("e", "things")
        assert [(t["name"], t["quantity"]) for t in things[1]] == [("Rosin", 2), ("Rosin", 5)]
        assert things[1][0]["day"].startswith("2026-10-30T13:00")  # noon UTC, told in Paris
        assert things[5] == [{"name": "Music stand", "day": "2026-10-28T13:00:00", "quantity": 2}]

    def test_composite_keys(self) -> None:
        played = enrich(
            {"kind": "attribute", "path": ["order", "customer", "store"], "field": "name", "alias": "shop"}, schema="order_line"
        )
        assert len(played.rows("e")) == 14 and played.rows("e")[0] == (1, 1, "Harbour")

    def test_columns_add_up_over_two_enrichments(self) -> None:
        boxes = [
            audience("a"), {"uid": "e", "kind": "enrich", "config": {"entries": [figure("count", ["orders"])]}},
            {"uid": "f", "kind": "enrich", "config": {"entries": [{"kind": "attribute", "path": [], "field": "city", "alias": "town"}]}},
        ]  # fmt: skip
        played = Played(graph(boxes, ["a>e", "e>f"]))
        assert played.rows("f")[0] == (1, 3, "London")

    @pytest.mark.parametrize(
        "entry",
        [
            {"kind": "attribute", "path": ["orders"], "field": "total", "alias": "x"},
            {"kind": "attribute", "path": [], "field": "gone", "alias": "x"},
            {"kind": "attribute", "path": [], "field": "city", "alias": "Not ok"},
            {"kind": "attribute", "path": [], "field": "city", "alias": "customer"},
            {"kind": "attribute", "path": [], "field": "city", "alias": "records"},
            {"kind": "aggregate", "function": "count", "path": ["store"], "alias": "x"},
            {"kind": "aggregate", "function": "sum", "path": ["orders"], "field": "placed_at", "alias": "x"},
            {"kind": "aggregate", "function": "drop table", "path": ["orders"], "field": "total", "alias": "x"},
            {
                "kind": "aggregate",
                "function": "count",
                "path": ["orders"],
                "alias": "x",
                "where": {"kind": "group", "op": "and", "not": False, "items": [where("gone", "empty")]},
            },
            {"kind": "collection", "path": ["orders"], "fields": [], "alias": "x"},
            {"kind": "collection", "path": ["orders"], "fields": ["total"], "limit": 0.5, "alias": "x"},
            {"kind": "collection", "path": ["orders"], "fields": [{"path": ["lines"], "field": "price", "name": "p"}], "alias": "x"},
            {"kind": "collection", "path": ["orders"], "fields": ["total", "total"], "alias": "x"},
            {"kind": "magic", "alias": "x"},
        ],
    )
    def test_it_says_what_is_wrong(self, entry: dict) -> None:
        drawing = graph([audience("a"), {"uid": "e", "kind": "enrich", "config": {"entries": [entry]}}], ["a>e"])
        flow = walk(drawing, Catalog.load(), Clock.current(), "s", "t")
        assert {p.where for p in flow.problems} == {"e"} and flow.boxes["e"].steps == []

    def test_two_values_cannot_have_one_name(self) -> None:
        entry = {"kind": "attribute", "path": [], "field": "city", "alias": "x"}
        drawing = graph([audience("a"), {"uid": "e", "kind": "enrich", "config": {"entries": [entry, entry]}}], ["a>e"])
        assert "taken" in str(walk(drawing, Catalog.load(), Clock.current(), "s", "t").problems[0].text)


@pytest.mark.skipif(not sakila_available(), reason="The Sakila sample is not on this machine.")
@pytest.mark.django_db
def test_the_films_still_out() -> None:
    sakila()
    links = {link.target: link.name for link in Catalog.load().schema("customer").links.values()}
    still = {"kind": "group", "op": "and", "not": False, "items": [where("return_date", "empty")]}
    entry = {
        "kind": "collection", "path": [links["rental"]], "alias": "films_out", "limit": 10, "where": still,
        "sort": {"path": [], "field": "rental_date", "direction": "asc"}, "fields": [{"path": ["inventory", "film"], "field": "title", "name": "title"}],
    }  # fmt: skip
    films = enrich(entry).values("e", "films_out")
    assert len(films) == 599
    assert sum(map(len, films.values())) == 183
    assert sum(1 for lines in films.values() if lines) == 159
    assert all(line["title"] for lines in films.values() for line in lines)
