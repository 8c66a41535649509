"""Accessibility: axe finds nothing serious in our pages. What the admin's theme draws around them is not ours to judge."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from orchestration.choices import EventKind
from orchestration.models import InboxMail, Run
from reporting.roll_up import roll_up
from reporting.testing import a_campaign, a_run, a_task, events, messages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GRAVE = {"serious", "critical"}


def violations(page: Page, within: str) -> list[str]:
    """What is wrong for whom, in words that lead to the place."""
    found = Axe().run(page, context=within, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url} {violation['id']}: {node['html'][:200]} – {node.get('failureSummary', '')[:200]}"
        for violation in found
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def wear(page: Page, theme: str) -> None:
    page.goto("/admin/")
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)
    page.reload()
    assert page.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")


@pytest.fixture
def run(db: None) -> Run:
    """A finished run with figures."""
    run = a_run(a_campaign())
    sent = messages(a_task(run, rows=(30, 30, 0)), 20)
    events(sent[:8])
    events(sent[:3], EventKind.CLICKED, url="https://shop.example/winter")
    roll_up()
    return run


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_our_pages(page: Page, run: Run, theme: str) -> None:
    mail = b"Subject: Winter\r\n\r\nHello, Ada."
    inbox = InboxMail.objects.create(mail_from="shop@example.com", rcpt_to="ada@example.com", subject="Winter", raw=mail)
    campaign = run.version.campaign_id
    wear(page, theme)
    wrong = []
    for address in (
        "/admin/",
        f"/admin/reports/campaigns/{campaign}/",
        f"/admin/reports/campaigns/{campaign}/rows/?run={run.pk}&rows=sent",
        "/admin/reports/",
        f"/admin/runs/{run.pk}/",
        f"/admin/inbox/?mail={inbox.pk}",
        "/admin/approvals/",
        f"/admin/approvals/{run.version_id}/",
        f"/admin/campaigns/{campaign}/activities/",
        f"/admin/campaigns/{campaign}/versions/",
        "/admin/help/",
        "/admin/help/rules/",
        "/admin/help/activities/email/",
        "/admin/imports/upload/",
        "/admin/schemas/ddl/",
    ):
        answer = page.goto(address)
        assert answer and answer.ok, address
        page.wait_for_load_state("networkidle")
        wrong += violations(page, ".tutti")
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_the_theme(page: Page, run: Run, theme: str) -> None:
    """Lists and the sign-in are the theme's; what we put into them is ours."""
    wear(page, theme)
    page.goto("/admin/campaigns/campaign/")
    wrong = violations(page, "#result_list")
    page.context.clear_cookies()
    page.goto("/admin/login/")
    assert [*wrong, *violations(page, "form")] == []


@pytest.mark.parametrize("address", ["/u/cut-off", "/nothing"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages(page: Page, address: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    assert violations(page, "body") == []
