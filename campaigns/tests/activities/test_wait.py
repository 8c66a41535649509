"""Wait: how long, until when."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.activities.steps import Hold
from campaigns.flow import Box, walk
from campaigns.testing import Played, audience, graph
from schemas.catalog import Catalog, Clock

pytestmark = pytest.mark.usefixtures("shop")


def wait(**config: object) -> tuple[Box, list]:
    flow = walk(graph([audience("a"), {"uid": "w", "kind": "wait", "config": config}], ["a>w"]), Catalog.load(), Clock.current(), "s", "t")
    return flow.boxes["w"], flow.problems


def test_it_works() -> None:
    box, problems = wait(how="duration", amount=2, unit="days")
    assert problems == [] and box.steps[0] == Hold(duration=timedelta(days=2))
    assert Played(graph([audience("a"), {"uid": "w", "kind": "wait"}], ["a>w"])).balance("w") == (12, 12)


def test_until_a_moment_in_the_workspaces_zone() -> None:
    box, problems = wait(how="moment", until="2090-12-24T18:00")
    assert problems == [] and box.steps[0] == Hold(until=datetime(2090, 12, 24, 17, tzinfo=UTC))


def test_a_moment_that_has_passed_is_a_warning() -> None:
    box, problems = wait(how="moment", until="2020-01-01T00:00:00+00:00")
    assert [p.level for p in problems] == ["warning"] and box.sound


@pytest.mark.parametrize(
    "config",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": ""},
        {"amount": 53, "unit": "weeks"},
        {"unit": "years"},
        {"how": "moment"},
        {"how": "moment", "until": "soon"},
    ],
)
def test_it_refuses_what_makes_no_sense(config: dict) -> None:
    box, problems = wait(**config)
    assert [p.where for p in problems] == ["w"] and not box.sound
