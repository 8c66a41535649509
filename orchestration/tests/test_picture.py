"""The picture of a drawing: arrows enter and leave at the right sides, and numbers stand where no box is."""

from typing import Any

import pytest

from orchestration.picture import HEIGHT, WIDTH, Curve, Picture, picture

pytestmark = pytest.mark.django_db
EVERYBODY = {"version": 1, "schema": "customer", "where": {"kind": "group", "op": "and", "not": False, "items": []}}


def chain(*places: tuple[int, int]) -> dict[str, Any]:
    """Waits, one after the other."""
    activities = [
        {
            "uid": f"w{n}",
            "kind": "wait",
            "label": f"Wait {n}",
            "x": x,
            "y": y,
            "config": {"how": "duration", "amount": 5, "unit": "minutes"},
        }
        for n, (x, y) in enumerate(places)
    ]
    transitions = [
        {"source": f"w{n}", "source_port": "out", "target": f"w{n + 1}", "target_port": "in", "label": ""} for n in range(len(places) - 1)
    ]
    return {"activities": activities, "transitions": transitions}


def ends(curve: Curve) -> tuple[str, str]:
    words = curve.path.replace("M", "").replace("C", "").replace("L", "").split()
    return words[0], words[-1]


def covered(drawn: Picture) -> list[str]:
    return [
        curve.text
        for curve in drawn.curves
        for box in drawn.shapes
        if curve.left < box.x + box.width and curve.left + curve.width > box.x and curve.top < box.y + box.height and curve.top + 24 > box.y
    ]


def test_it_works() -> None:
    drawn = picture(chain((0, 0), (0, 140)), {"w0": {"out": 1234}})
    (curve,) = drawn.curves
    assert ends(curve) == (f"{WIDTH // 2},{HEIGHT}", f"{WIDTH // 2},133")
    assert curve.text == "1,234" and not covered(drawn)
    assert [(shape.label, shape.summary) for shape in drawn.shapes][0] == ("Wait 0", "5 minutes")


def test_from_left_to_right_arrows_leave_at_the_right() -> None:
    drawn = picture(chain((0, 0), (400, 0)), {"w0": {"out": 7}})
    assert ends(drawn.curves[0]) == (f"{WIDTH},{HEIGHT // 2}", f"393,{HEIGHT // 2}")
    assert not covered(drawn)


def test_a_line_passes_beside_a_box_in_its_way() -> None:
    graph = chain((0, 0), (0, 140), (0, 280))
    graph["transitions"].append({"source": "w0", "source_port": "out", "target": "w2", "target_port": "in", "label": ""})
    drawn = picture(graph, {"w0": {"out": 99}, "w1": {"out": 98}})
    assert not covered(drawn)
    assert drawn.curves[2].x > WIDTH or drawn.curves[2].x < 0


def test_a_line_that_leads_back_goes_between_the_columns() -> None:
    drawn = picture(chain((0, 0), (0, 140), (400, 0), (400, 140)), {"w1": {"out": 12}})
    back = drawn.curves[1]
    assert back.left > WIDTH and back.left + back.width < 400
    assert drawn.top < -20, "the line over the second column is in the picture"


def test_an_output_that_leads_nowhere_shows_its_number() -> None:
    half = {"subsets": [{"label": "Half", "rule": None, "limit_kind": "percent", "limit": 50, "sort": None}]}
    graph = {
        "activities": [
            {"uid": "a", "kind": "build_audience", "label": "A", "x": 0, "y": 0, "config": {"rule": EVERYBODY}},
            {"uid": "s", "kind": "split", "label": "S", "x": 0, "y": 140, "config": half},
        ],
        "transitions": [{"source": "a", "source_port": "out", "target": "s", "target_port": "in", "label": ""}],
    }
    split = picture(graph, {"s": {"out_1": 6, "complement": 5}}).shapes[1]
    assert [dot.label for dot in split.dots][1:] == ["Half · 6", "Complement · 5"]


def test_nothing_drawn_is_an_empty_picture() -> None:
    drawn = picture({"activities": [], "transitions": []})
    assert (drawn.shapes, drawn.curves) == ([], [])
