"""Canvas: what is drawn comes back, and nobody overwrites anybody."""

import pytest
from django.contrib.auth.models import User

from campaigns import canvas, publish
from campaigns.exceptions import CampaignError, EditConflict
from campaigns.models import Version
from campaigns.testing import audience, draw, graph, person, where
from schemas.testing import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    small_world()
    return person("author")


def test_it_works(user: User) -> None:
    version = draw(user, [audience("who", where("city", "eq", "Paris")), {"uid": "end", "kind": "end", "x": -20.6, "y": 3}], ["who>end"])
    found = canvas.read(version)
    assert found["revision"] == version.revision == 1
    assert [(a["uid"], a["kind"], a["x"], a["y"]) for a in found["activities"]] == [("who", "build_audience", 0, 0), ("end", "end", -21, 3)]
    assert found["transitions"] == [{"source": "who", "source_port": "out", "target": "end", "target_port": "in", "label": ""}]
    assert list(version.contributors.all()) == [user]


def test_it_saves_what_is_not_finished(user: User) -> None:
    version = draw(
        user, [{"uid": "a", "kind": "split", "config": {"subsets": "?"}}, {"uid": "b", "kind": "combine"}], ["a.complement>b", "b>a"]
    )
    assert len(canvas.read(version)["transitions"]) == 2


def test_it_notices_that_somebody_else_saved(user: User) -> None:
    version = draw(user, [audience("who")])
    other = person("other")
    canvas.save(version, graph([audience("hers")]), other, version.revision)
    with pytest.raises(EditConflict):
        canvas.save(version, graph([audience("mine")]), user, 1)
    assert [a["uid"] for a in canvas.read(version)["activities"]] == ["hers"]
    assert set(version.contributors.all()) == {user, other}


def test_it_changes_nothing_that_is_frozen(user: User) -> None:
    version = draw(user, [audience("who")])
    publish.submit(version, user)
    with pytest.raises(CampaignError, match="cannot be changed"):
        canvas.save(version, graph([]), user, 1)


BAD = {
    "uid with a quote": lambda g: g["activities"][0].update(uid='a"; DROP'),
    "uid twice": lambda g: g["activities"].append(g["activities"][0]),
    "unknown type": lambda g: g["activities"][0].update(kind="nonsense"),
    "no label": lambda g: g["activities"][0].update(label=" "),
    "label of 121 characters": lambda g: g["activities"][0].update(label="x" * 121),
    "config is a list": lambda g: g["activities"][0].update(config=[1]),
    "config with NUL": lambda g: g["activities"][0].update(config={"a": "\0"}),
    "x is a text": lambda g: g["activities"][0].update(x="left"),
    "x is not a number": lambda g: g["activities"][0].update(x=float("nan")),
    "no transitions": lambda g: g.pop("transitions"),
    "arrow to nowhere": lambda g: g["transitions"].append({"source": "who", "target": "gone"}),
    "port with a space": lambda g: g["transitions"].append({"source": "who", "target": "who", "source_port": "o ut"}),
    "arrow twice": lambda g: g["transitions"].extend([{"source": "who", "target": "who"}] * 2),
    "activity is a text": lambda g: g["activities"].append("who"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_refuses_what_no_browser_of_ours_sends(user: User, name: str) -> None:
    version = draw(user, [audience("who")])
    bad = canvas.read(version)
    BAD[name](bad)
    with pytest.raises(CampaignError):
        canvas.save(version, bad, user, version.revision)
    assert Version.objects.get(pk=version.pk).revision == 1


def test_it_limits_the_number_of_activities(user: User, settings) -> None:
    settings.CANVAS_MAX_ACTIVITIES = 3
    with pytest.raises(CampaignError, match="3 activities"):
        draw(user, [audience(f"a{n}") for n in range(4)])


def test_boxes_far_away_are_brought_back(user: User) -> None:
    version = draw(user, [{**audience("who"), "x": 10**12, "y": -(10**12)}])
    assert canvas.read(version)["activities"][0]["x"] == canvas.FARTHEST


def test_the_palette_describes_every_type() -> None:
    shelf = canvas.palette()
    assert {"key", "label", "icon", "category", "category_label", "inputs", "outputs", "help"} == set(shelf[0])
    assert [kind["category"] for kind in shelf] == sorted((kind["category"] for kind in shelf), key=["targeting", "flow", "channels"].index)
    assert next(kind for kind in shelf if kind["key"] == "fork")["outputs"][1]["key"] == "out_2"
