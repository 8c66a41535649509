"""The dashboard in a browser: its charts are drawn, it follows the run by itself, and its formulas can be read by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from orchestration.choices import EventKind, RunStatus
from reporting.roll_up import roll_up
from reporting.testing import a_campaign, a_run, a_task, events, messages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DRAWN = "['r-sent', 'r-back'].filter((id) => Chart.getChart(id) && Chart.getChart(id).data.datasets.length).length"


def test_it_works(page: Page) -> None:
    run = a_run(a_campaign(), RunStatus.RUNNING)
    task = a_task(run, rows=(30, 30, 0))
    events(messages(task, 20)[:5])
    roll_up()
    page.goto(f"/admin/reports/campaigns/{run.version.campaign_id}/")
    expect(page.locator(".r-words")).to_contain_text("20 of 20 planned messages were delivered")
    assert page.evaluate(DRAWN) == 2
    page.locator("#r-steps summary").click()
    page.evaluate("document.activeElement.blur()")
    events(messages(task, 10), EventKind.CLICKED, url="https://shop.example/winter")
    roll_up()
    expect(page.locator(".r-words")).to_contain_text("30 of 30 planned messages were delivered")  # without a reload
    assert page.evaluate(DRAWN) == 2 and page.evaluate("document.getElementById('r-steps').open")


def test_formulas_can_be_read_by_keyboard(page: Page) -> None:
    run = a_run(a_campaign())
    messages(a_task(run), 3)
    roll_up()
    page.goto(f"/admin/reports/campaigns/{run.version.campaign_id}/")
    tip = page.locator(".r-tip").nth(2)
    expect(tip.locator(".r-tip-text")).to_be_hidden()
    tip.focus()
    expect(tip.locator(".r-tip-text")).to_contain_text("sent − bounced")
