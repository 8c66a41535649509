"""Changes to a drawing that is not saved yet."""

import pytest

from campaigns import edit
from campaigns.exceptions import CampaignError
from campaigns.testing import graph


@pytest.fixture
def drawing():
    return graph([{"uid": "a", "kind": "build_audience"}, {"uid": "b", "kind": "wait"}, {"uid": "c", "kind": "end"}], ["a>b"])


def test_it_adds_a_box_below_the_others_with_a_name_of_its_own(drawing):
    drawing["activities"][0]["label"] = "Wait"
    wider, uid = edit.add_activity(drawing, "wait")
    assert wider["activities"][-1] == {"uid": uid, "kind": "wait", "label": "Wait 2", "x": 0, "y": 144, "config": {}}
    assert len(drawing["activities"]) == 3


def test_it_refuses_a_type_that_does_not_exist(drawing):
    with pytest.raises(CampaignError, match="type of activity"):
        edit.add_activity(drawing, "nonsense")


def test_it_connects_free_ports(drawing):
    assert edit.connect(drawing, "b", "out", "c", "in", " Later ")["transitions"][-1] == {
        "source": "b", "source_port": "out", "target": "c", "target_port": "in", "label": "Later",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (("a", "out", "c", "in"), "already leads somewhere"),
        (("b", "out", "b", "in"), "one transition only"),
        (("b", "out", "a", "in"), "close a circle"),
        (("a", "nowhere", "c", "in"), "that exist"),
        (("gone", "out", "c", "in"), "not in the campaign any more"),
    ],
)
def test_it_refuses_ports_that_cannot_be_joined(drawing, ends, words):
    with pytest.raises(CampaignError, match=words):
        edit.connect(drawing, *ends)


def test_removing_a_box_removes_its_arrows(drawing):
    left = edit.remove_activity(drawing, "b")
    assert [a["uid"] for a in left["activities"]] == ["a", "c"]
    assert left["transitions"] == []


def test_arrows_are_renamed_and_removed_by_their_key(drawing):
    (arrow,) = drawing["transitions"]
    key = edit.key_of(arrow)
    assert edit.relabel_transition(drawing, key, "Everybody")["transitions"][0]["label"] == "Everybody"
    assert edit.disconnect(drawing, key)["transitions"] == []
    assert edit.disconnect(drawing, "a|out|c|in")["transitions"] == [arrow]
