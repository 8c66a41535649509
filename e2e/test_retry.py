"""A failure on the canvas: it shows on its box, with what went wrong, and is tried again from there."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from campaigns.testing import audience, draw
from e2e.test_canvas import marie  # noqa: F401, a fixture
from orchestration import launch
from orchestration.testing import run_to_end
from orchestration.tests.engine.test_execute import spoil

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_failed_activity_is_tried_again_from_its_box(page: Page, marie: User, sign_in: Callable[[User], None]) -> None:  # noqa: F811
    end = {"uid": "end", "kind": "end", "label": "End", "config": {}, "x": 0, "y": 200}
    version = draw(marie, activities=[audience("people"), end], transitions=[{"source": "people", "source_port": "out", "target": "end"}])
    run = launch.start_test(version, marie)
    right = spoil(run, "people", "SELECT 1 / 0")
    run_to_end(run)
    assert run.tasks.get(activity_uid="people").status == "failed"

    page.goto(f"/admin/campaigns/{version.campaign_id}/canvas/?run={run.pk}")
    page.wait_for_selector(".tc-root[data-ready]")
    page.locator("[data-cell-id=people]").click()
    panel = page.locator(".tc-result")
    expect(panel).to_contain_text("division by zero")
    spoil(run, "people", right)
    panel.get_by_role("button", name="Try again").click()
    expect(panel).not_to_contain_text("division by zero")
    run.refresh_from_db()
    run_to_end(run)
    expect(panel).to_contain_text("Done")
    assert run.tasks.get(activity_uid="people").status == "done"
