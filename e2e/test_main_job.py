"""The main job in a browser, by the people who do it: draw, test, approve, launch, read, click, report."""

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import F
from playwright.sync_api import Locator, Page, Route, expect

from campaigns.models import Campaign, Version
from campaigns.testing import sender
from e2e.test_canvas import drag, drag_from_palette, drawn, middle, saved
from orchestration import clock
from orchestration.management.commands.run_inbox import Keeper
from orchestration.models import InboxMail, Message, Run
from orchestration.testing import run_to_end
from reporting.roll_up import roll_up
from schemas.testing import small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOP = "https://shop.example/strings"
BODY = f'<mj-text>Dear {{{{ customer.first_name }}}}, <a href="{SHOP}">new strings</a> are in {{{{ customer.store.name }}}}.</mj-text>'
PASSWORD = "quiet violins"

SignIn = Callable[[str], None]


@pytest.fixture
def shop(page: Page, live_server: Any, settings: Any, tmp_path: Any) -> Iterator[None]:
    """The small shop with its people and its local inbox; the web beyond it answers too."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # they sign in often
    small_world()
    sender()
    for name, role in (("marie", "Marketer"), ("anton", "Approver"), ("gerda", "Manager")):
        User.objects.create_user(name, password=PASSWORD, is_staff=True).groups.add(Group.objects.get(name=role))
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings.BASE_URL, settings.VAR_DIR = live_server.url, tmp_path
    settings.EMAIL_URL, settings.INBOX_PORT = f"smtp://127.0.0.1:{port}", port
    keeper = Keeper()
    controller = Controller(keeper, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    page.context.route(f"{SHOP}**", elsewhere)
    yield
    controller.stop()
    keeper.thread.submit(lambda: connection.close()).result()  # the connection of that thread
    keeper.thread.shutdown()


def elsewhere(route: Route) -> None:
    route.fulfill(body="The shop", content_type="text/html")


@pytest.fixture
def go_on_as(page: Page) -> SignIn:
    """Sign in by the form, as the next person at this desk."""

    def sign_in(name: str) -> None:
        page.context.clear_cookies()
        page.goto("/admin/")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")

    return sign_in


def ask(page: Page, address: str, **sent: str) -> tuple[int, str]:
    """Post all the same, past the screen; the status and the text of the answer."""
    status, text = page.evaluate(
        """async ([address, sent]) => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const body = Object.keys(sent).length ? new URLSearchParams(sent) : new Blob(["{}"], { type: "application/json" });
            const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body });
            return [answer.status, await answer.text()];
        }""",
        [address, sent],
    )
    return status, text


def key(page: Page, name: str) -> Locator:
    return page.locator(f"[data-key='{name}']")


def draw_the_campaign(page: Page) -> None:
    """Those in Paris get a mail; two boxes and their end, drawn by hand."""
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name").fill("New strings")
    page.get_by_role("button", name="Create and draw").click()
    page.wait_for_selector(".tc-root[data-ready]")
    for n, kind in enumerate(("build_audience", "email", "end")):
        drag_from_palette(page, kind, 620, 170 + 150 * n)
        expect(page.locator(".tc-box")).to_have_count(n + 1)
    first, mail, end = (a["uid"] for a in drawn(page)["activities"])

    page.locator(f".tc-box[data-uid={first}]").click()
    page.locator("select[name=dimension]").select_option("customer")
    key(page, "where/add-condition").click()
    page.get_by_role("dialog").locator("[data-path=city]").click()
    key(page, "where.items[0]/value").fill("Paris")
    expect(page.locator(".tc-panel").get_by_role("status").filter(has_text="counted at")).to_contain_text("4")

    drag(page, middle(page, first, "out"), middle(page, mail, "in"))
    drag(page, middle(page, mail, "out"), middle(page, end, "in"))
    expect(page.locator(".x6-edge")).to_have_count(2)

    page.locator(f".tc-box[data-uid={mail}]").click()
    panel = page.locator(".tc-panel")
    panel.locator("[name=sender]").select_option("Shop")
    panel.locator("[name=subject]").fill("{{ customer.first_name }}, new strings")
    panel.locator("[name=body]").fill(BODY)
    expect(page.locator(f".tc-box[data-uid={mail}] .tc-box-summary")).to_contain_text("new strings")
    saved(page)


def counts_on_arrows(page: Page) -> Locator:
    return page.locator("text.tc-counted")


def figure(page: Page, label: str) -> Locator:
    return page.locator(".r-card").filter(has=page.locator(".t-spread > .t-muted", has_text=label)).locator(".t-kpi")


def test_from_the_first_box_to_the_report(page: Page, shop: None, go_on_as: SignIn) -> None:
    # The marketer draws and tests.
    go_on_as("marie")
    draw_the_campaign(page)
    page.get_by_role("button", name="Test run").click()
    expect(page.locator("#tc-run")).to_contain_text("Test run")
    run_to_end(Run.objects.get())
    expect(page.locator("#tc-run")).to_contain_text("Completed")
    expect(counts_on_arrows(page)).to_have_text(["4", "3"])  # one of the four in Paris has no address
    page.locator("rect.tc-counted").first.click()
    expect(page.locator("#tc-drawer tbody tr")).to_have_count(4)

    # Submitted, it can be looked at; its author cannot approve it.
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("#tc-status")).to_have_text("In review")
    expect(page.get_by_role("link", name="Review")).to_have_count(0)
    version = Version.objects.get()
    clock.tick()
    for run in Run.objects.filter(finished_at=None):
        run_to_end(run)
    page.goto(f"/admin/approvals/{version.pk}/")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_text("somebody else has to approve it")).to_be_visible()
    _status, answer = ask(page, f"/admin/approvals/{version.pk}/decide/", decision="approve", digest=version.digest)
    assert "You may not approve" in answer, answer
    version.refresh_from_db()
    assert (version.status, version.approvals.count()) == ("in_review", 0)

    # The approver sees the drawing, the counts and the mails, and says yes.
    go_on_as("anton")
    page.get_by_role("link", name="Review").first.click()
    expect(page.locator(".a-graph")).to_contain_text("Build audience")
    expect(page.locator(".a-graph text.count")).to_have_text(["4", "3"])
    expect(page.locator(".a-waterfall")).to_contain_text("No address")
    expect(page.frame_locator("iframe.a-mail").first.locator("body")).to_contain_text("new strings are in Opera")
    page.get_by_label("Comment").fill("Good work")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved. It can be launched now.")).to_be_visible()
    expect(page.get_by_text("Good work")).to_be_visible()

    # The marketer launches; the mails leave.
    go_on_as("marie")
    page.goto(f"/admin/campaigns/{version.campaign_id}/canvas/")
    page.get_by_role("link", name="Launch").click()
    expect(page.locator(".t-kpi")).to_have_text("3")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/admin/runs/*/")
    assert InboxMail.objects.count() == 0
    run_to_end(Run.objects.get(kind="live"))
    expect(page.locator("#run-part")).to_contain_text("Completed")  # without a reload
    assert sorted(InboxMail.objects.values_list("rcpt_to", flat=True)) == [
        "chloe@example.com",
        "family@example.com",
        "family@example.com",
    ]
    Message.objects.update(sent_at=F("sent_at") - timedelta(hours=1))  # time passes: nobody reads within two seconds

    # The manager sees what was sent, and that nobody clicked yet.
    go_on_as("gerda")
    roll_up()
    page.goto("/admin/reports/")
    page.get_by_role("link", name="New strings").click()
    expect(figure(page, "Sent")).to_have_text("3")
    expect(figure(page, "Clicked")).to_have_text("0")

    # Chloé opens her mail and follows the link.
    go_on_as("marie")
    page.goto("/admin/inbox/?q=chloe")
    page.get_by_role("link", name="Chloé, new strings").click()
    link = page.frame_locator("iframe.mail-frame").get_by_role("link", name="new strings")
    with page.expect_popup() as opened:
        link.click()
    opened.value.wait_for_url(f"{SHOP}**")
    expect(opened.value.locator("body")).to_have_text("The shop")
    opened.value.close()

    # The figures moved; the manager takes them along, and can change nothing.
    go_on_as("gerda")
    roll_up()
    page.goto(f"/admin/reports/campaigns/{version.campaign_id}/")
    expect(figure(page, "Clicked")).to_have_text("1")
    expect(figure(page, "Opened")).to_have_text("1")
    expect(page.locator("#r-figures")).to_contain_text(SHOP)
    with page.expect_download() as download:
        page.get_by_role("button", name="Make a PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename.startswith("new-strings")
    manager_can_only_look(page, Campaign.objects.get(), version)


def manager_can_only_look(page: Page, campaign: Campaign, version: Version) -> None:
    page.goto(f"/admin/campaigns/{campaign.pk}/canvas/")
    page.wait_for_selector(".tc-root[data-ready]")
    expect(page.locator("#tc-saved")).to_contain_text("Read only")
    for name in ("Test run", "Submit for approval", "New draft"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    addresses = [f"campaigns/versions/{version.pk}/{verb}/" for verb in ("save", "submit", "draft", "withdraw")]
    for address in [*addresses, f"versions/{version.pk}/test/"]:
        assert ask(page, f"/admin/{address}")[0] == 403, address
    assert Run.objects.count() == 2 and Version.objects.count() == 1
    assert page.goto("/admin/campaigns/new/").status == 403  # type: ignore[union-attr]
    assert page.goto("/admin/inbox/").status == 403  # type: ignore[union-attr]
