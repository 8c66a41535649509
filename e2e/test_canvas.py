"""The canvas in a browser: draw, connect, configure, undo, save, come back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from campaigns import canvas, publish
from campaigns.models import Campaign, Version
from campaigns.testing import audience, draw
from schemas.testing import small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marie(page: Page, sign_in: Callable[[User], None]) -> Iterator[User]:
    """A marketer with the small shop, signed in."""
    small_world()
    user = User.objects.create_user("marie", first_name="Marie", is_staff=True)
    user.groups.add(Group.objects.get(name="Marketer"))
    sign_in(user)
    yield user
    page.evaluate("window.TuttiCanvas && TuttiCanvas.saving.settle()")  # or else it would save while the tables are emptied


def open_canvas(page: Page, version: Version) -> None:
    page.goto(f"/admin/campaigns/{version.campaign_id}/canvas/")
    page.wait_for_selector(".tc-root[data-ready]")


def drag_from_palette(page: Page, kind: str, x: int, y: int) -> None:
    start = page.locator(f"[data-kind={kind}]").bounding_box()
    assert start
    drag(page, (start["x"] + 30, start["y"] + 15), (x, y))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def middle(page: Page, uid: str, port: str) -> tuple[float, float]:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # the panel may just have opened
    found = page.locator(f"[data-cell-id='{uid}'] [port='{port}']").first.bounding_box()
    assert found
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def drawn(page: Page) -> dict[str, Any]:
    return page.evaluate("TuttiCanvas.drawing.graph()")  # type: ignore[no-any-return]


def saved(page: Page) -> None:
    expect(page.locator("#tc-saved")).to_contain_text("Saved")


def test_a_campaign_is_drawn_saved_and_found_again(page: Page, marie: User) -> None:
    page.goto("/admin/campaigns/new/")
    page.get_by_label("Name").fill("Autumn letter")
    page.get_by_role("button", name="Create and draw").click()
    page.wait_for_selector(".tc-root[data-ready]")
    expect(page.locator("#tc-empty")).to_be_visible()

    drag_from_palette(page, "build_audience", 600, 200)
    expect(page.locator(".tc-box")).to_have_count(1)
    drag_from_palette(page, "end", 560, 420)
    expect(page.locator(".tc-box")).to_have_count(2)
    expect(page.locator(".tc-panel h2")).to_have_text("End")
    first, second = (a["uid"] for a in drawn(page)["activities"])
    drag(page, middle(page, first, "out"), middle(page, second, "in"))
    expect(page.locator(".x6-edge")).to_have_count(1)

    page.locator(f".tc-box[data-uid={first}]").click()
    page.locator("select[name=dimension]").select_option("customer")
    expect(page.locator(f".tc-box[data-uid={first}] .tc-box-summary")).to_contain_text("Customer")
    saved(page)

    page.reload()
    page.wait_for_selector(".tc-root[data-ready]")
    expect(page.locator(".tc-box")).to_have_count(2)
    expect(page.locator(".x6-edge")).to_have_count(1)
    stored = canvas.read(Campaign.objects.get().latest)
    assert [a["kind"] for a in stored["activities"]] == ["build_audience", "end"]
    assert stored["activities"][0]["config"]["dimension"] == "customer"
    assert [(t["source"], t["target"]) for t in stored["transitions"]] == [(first, second)]


def test_a_rule_is_drawn_in_the_side_panel(page: Page, marie: User) -> None:
    version = draw(marie, [{"uid": "a", "kind": "build_audience", "config": {"dimension": "customer"}}])
    open_canvas(page, version)
    page.locator(".tc-box").click()
    builder = page.locator(".tc-panel .tutti-rule")
    expect(builder.get_by_role("button", name="Condition")).to_be_visible()
    rule = audience("a", {"kind": "condition", "path": [], "field": "city", "op": "eq", "value": "Paris"})["config"]["rule"]
    page.evaluate(
        """([rule]) => {
            const text = document.querySelector(".tc-panel .tutti-rule textarea");
            text.value = JSON.stringify(rule);
            text.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        [rule],
    )
    page.wait_for_function("TuttiCanvas.drawing.activities.get('a').config.rule?.where?.items.length === 1")
    saved(page)
    assert canvas.read(version.campaign.latest)["activities"][0]["config"]["rule"] == rule


def test_undo_redo_delete_copy_and_arrow_keys(page: Page, marie: User) -> None:
    version = draw(marie, [{"uid": "a", "kind": "build_audience"}, {"uid": "b", "kind": "end"}], ["a>b"])
    open_canvas(page, version)
    box = page.locator(".tc-box[data-uid=a]")
    box.focus()
    page.keyboard.press("ArrowRight")
    assert next(a for a in drawn(page)["activities"] if a["uid"] == "a")["x"] == 8
    page.keyboard.press("Control+z")
    assert next(a for a in drawn(page)["activities"] if a["uid"] == "a")["x"] == 0

    page.keyboard.press("Delete")
    expect(page.locator(".tc-box")).to_have_count(1)
    expect(page.locator(".x6-edge")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator(".tc-box")).to_have_count(2)
    expect(page.locator(".x6-edge")).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".tc-box")).to_have_count(1)
    page.keyboard.press("Control+z")

    page.locator("#tc-graph").focus()
    page.locator(".tc-box[data-uid=a]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+v")
    expect(page.locator(".tc-box")).to_have_count(4)
    expect(page.locator(".x6-edge")).to_have_count(2)


def test_the_palette_works_by_keyboard_and_connects(page: Page, marie: User) -> None:
    open_canvas(page, draw(marie, [{"uid": "a", "kind": "build_audience"}]))
    page.locator(".tc-box").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tc-label")).to_be_focused()
    page.get_by_label("Find an activity").fill("wait")
    expect(page.locator("[data-kind=combine]")).to_be_hidden()
    page.locator("[data-kind=wait]").press("Enter")
    expect(page.locator(".tc-box")).to_have_count(2)
    assert [(t["source"], t["source_port"], t["target_port"]) for t in drawn(page)["transitions"]] == [("a", "out", "in")]


def test_a_taken_port_refuses_a_second_line(page: Page, marie: User) -> None:
    boxes = [
        {"uid": "a", "kind": "build_audience", "y": 0},
        {"uid": "b", "kind": "end", "x": 0, "y": 200},
        {"uid": "c", "kind": "end", "x": 300, "y": 200},
    ]
    open_canvas(page, draw(marie, boxes, ["a>b"]))
    drag(page, middle(page, "a", "out"), middle(page, "c", "in"))
    expect(page.locator(".tc-toast")).to_contain_text("already leads somewhere")
    assert len(drawn(page)["transitions"]) == 1
    assert page.evaluate("TuttiCanvas.drawing.refusal('b', 'out', 'a', 'in')") != ""
    assert "circle" in page.evaluate("TuttiCanvas.drawing.refusal('a', 'out', 'a', 'in')")


def test_problems_are_listed_and_lead_to_their_box(page: Page, marie: User) -> None:
    open_canvas(page, draw(marie, [{"uid": "a", "kind": "split", "label": "Halves"}]))
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("#tc-problems")).to_be_visible()
    page.locator(".tc-problem", has_text="Halves").first.click()
    expect(page.locator(".tc-panel h2")).to_have_text("Split")
    expect(page.locator(".tc-box .tc-badge")).to_be_visible()
    assert Version.objects.get().status == "draft"


def test_subsets_are_filled_in_as_cards_and_become_ports(page: Page, marie: User) -> None:
    boxes = [{"uid": "a", "kind": "build_audience", "config": {"dimension": "customer"}}, {"uid": "s", "kind": "split", "y": 200}]
    open_canvas(page, draw(marie, boxes, ["a>s"]))
    page.locator(".tc-box[data-uid=s]").click()
    page.get_by_role("button", name="Add a subset").click()
    page.get_by_label("Limit").select_option("percent")
    page.wait_for_function("TuttiCanvas.drawing.describe('s').outputs.length === 2")
    expect(page.locator("[data-cell-id=s] [port=out_1]")).to_be_visible()
    assert next(a for a in drawn(page)["activities"] if a["uid"] == "s")["config"]["subsets"][0]["limit_kind"] == "percent"


def test_somebody_elses_save_is_not_overwritten(page: Page, marie: User) -> None:
    version = draw(marie, [{"uid": "a", "kind": "build_audience"}])
    open_canvas(page, version)
    paul = User.objects.create_user("paul", first_name="Paul", is_superuser=True)
    graph = canvas.read(version)
    graph["activities"][0]["label"] = "By Paul"
    canvas.save(version, graph, paul, version.revision)
    page.locator(".tc-kind[data-kind=end]").click()
    dialog = page.locator("#tc-dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Paul")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download my drawing").click()
    assert '"end"' in download.value.path().read_text()
    dialog.get_by_role("button", name="Load the saved drawing").click()
    expect(page.locator(".tc-box-label")).to_have_text("By Paul")


def test_a_submitted_version_can_only_be_looked_at(page: Page, marie: User) -> None:
    boxes = [{"uid": "a", **audience("a")}, {"uid": "b", "kind": "end"}]
    version = draw(marie, boxes, ["a>b"])
    publish.submit(version, marie)
    open_canvas(page, version)
    expect(page.locator("#tc-saved")).to_contain_text("Read only")
    expect(page.locator("#tc-palette")).to_have_count(0)
    page.locator(".tc-box[data-uid=a]").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".tc-box")).to_have_count(2)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("#tc-palette")).to_be_visible()


def test_two_hundred_activities_are_drawn_and_arranged(page: Page, marie: User) -> None:
    boxes = [{"uid": f"w{n}", "kind": "wait", "x": 0, "y": n * 150} for n in range(200)]
    open_canvas(page, draw(marie, boxes, [f"w{n}>w{n + 1}" for n in range(199)]))
    expect(page.locator(".tc-box")).to_have_count(200)
    expect(page.locator(".x6-edge")).to_have_count(199)
    page.get_by_role("button", name="Arrange").click()
    saved(page)
    page.get_by_role("button", name="Undo").click()
    assert next(a for a in drawn(page)["activities"] if a["uid"] == "w9")["y"] == 9 * 150


def test_the_list_twin_draws_the_same_by_forms(page: Page, marie: User) -> None:
    version = draw(marie, [{"uid": "a", "kind": "build_audience", "label": "Everybody"}])
    page.goto(f"/admin/campaigns/{version.campaign_id}/activities/")
    page.get_by_label("Type").select_option("end")
    page.get_by_role("button", name="Add activity").click()
    page.get_by_label("Name on the canvas").fill("The end")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("From").select_option("Everybody")
    page.get_by_label("To").last.select_option("The end")
    page.get_by_role("button", name="Connect").click()
    stored = canvas.read(Version.objects.get())
    assert [a["label"] for a in stored["activities"]] == ["Everybody", "The end"]
    assert len(stored["transitions"]) == 1
