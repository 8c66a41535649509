"""End: nothing leaves it, several may lead to it."""

import pytest

from campaigns.activities.steps import Finish
from campaigns.testing import Played, audience, graph

pytestmark = pytest.mark.usefixtures("shop")


def test_it_works() -> None:
    played = Played(graph([audience("a"), audience("b", schema="order"), {"uid": "end", "kind": "end"}], ["a>end", "b>end"]))
    assert played.flow.boxes["end"].steps == [Finish()]
    assert played.flow.boxes["end"].outputs == {}
