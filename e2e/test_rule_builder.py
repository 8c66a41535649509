"""Building a rule by clicking, as a marketer does."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from campaigns.models import Audience
from schemas.testing import sakila, sakila_available, small_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_builder(page: Page, dimension: str) -> None:
    page.goto(reverse("admin:campaigns_audience_add"))
    page.get_by_label("Name").fill("Films still out")
    page.get_by_label("Targeting dimension").select_option(dimension)
    expect(page.get_by_role("group", name=f"Conditions on {dimension.capitalize()}")).to_be_visible()


def choose(page: Page, path: str) -> None:
    """Open the links along a path in the picker's tree, then take the last."""
    steps = path.split(".")
    for n in range(1, len(steps) + 1):
        page.get_by_role("dialog").locator(f"[data-path='{'.'.join(steps[:n])}']").click()


def key(page: Page, name: str):
    return page.locator(f"[data-key='{name}']")


@pytest.mark.skipif(not sakila_available(), reason="the Sakila files are not beside the project")
def test_question_eight_is_built_by_clicking_and_gives_28(page):
    sakila()
    open_builder(page, "customer")
    key(page, "where/add-condition").click()
    choose(page, "rentals.return_date")
    inner = "where.items[0].where"
    key(page, f"{inner}.items[0]/op").select_option("empty")
    key(page, f"{inner}/add-condition").click()
    choose(page, "inventory.film.rating")
    key(page, f"{inner}.items[1]/value").select_option("R")
    page.get_by_role("button", name="Exact count").click()
    expect(page.get_by_role("status")).to_contain_text("28")
    expect(page.get_by_role("status")).to_contain_text("counted at")
    expect(page.locator(".tr-sentence")).to_contain_text("Return date is empty and Inventory › Film › Rating is “R”")

    page.get_by_role("button", name="See the rows").click()
    expect(page.locator(".tr-rows tbody tr")).to_have_count(28)

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("28 records are in the audience now.")).to_be_visible()
    audience = Audience.objects.get()
    assert (audience.count, audience.owner.username) == (28, "administrator")
    link = audience.rule["where"]["items"][0]
    assert (link["path"], link["quantifier"], len(link["where"]["items"])) == (["rentals"], "any", 2)


def test_an_old_count_is_never_shown_as_new(page):
    small_world()
    open_builder(page, "customer")
    expect(page.get_by_role("status")).to_contain_text("12")
    key(page, "where/add-condition").click()
    choose(page, "city")
    expect(page.locator(".tr-results")).to_have_class("tr-results tr-outdated")
    expect(page.get_by_role("status")).to_contain_text("Complete the conditions to count.")
    key(page, "where.items[0]/value").fill("Paris")
    expect(page.get_by_role("status")).to_contain_text("4counted at")
    expect(page.locator(".tr-results")).to_have_class("tr-results")


def test_problems_are_shown_at_their_card(page):
    small_world()
    open_builder(page, "customer")
    for path in ("city", "store_id"):
        key(page, "where/add-condition").click()
        choose(page, path)
    key(page, "where.items[0]/value").fill("Paris")
    page.get_by_role("button", name="Exact count").click()
    expect(page.locator("[data-where='where.items[1]'] .tr-problem")).to_contain_text("Give a value.")
    expect(page.locator("[data-where='where.items[0]'] .tr-problem")).to_have_count(0)


def test_every_kind_of_card_writes_the_rule(page):
    """Groups, numbers of linked records, relative dates, lists; duplicate and remove."""
    small_world()
    open_builder(page, "customer")
    key(page, "where/or").click()
    key(page, "where/add-linked").click()
    page.get_by_role("button", name="Choose Orders").click()
    key(page, "where.items[0]/quantifier").select_option("sum")
    key(page, "where.items[0]/figure").click()
    page.get_by_role("dialog").locator("[data-path='total']").click()
    key(page, "where.items[0]/value").fill("400")
    key(page, "where.items[0].where/add-condition").click()
    choose(page, "placed_at")
    key(page, "where.items[0].where.items[0]/op").select_option("within_last")
    key(page, "where.items[0].where.items[0]/amount").fill("10")
    key(page, "where.items[0].where.items[0]/unit").select_option("year")
    key(page, "where/add-group").click()
    key(page, "where.items[1]/add-condition").click()
    choose(page, "store.city")
    key(page, "where.items[1].items[0]/op").select_option("in")
    key(page, "where.items[1].items[0]/list").fill("Paris\nLyon\n\nParis")
    key(page, "where.items[1]/not").click()
    key(page, "where.items[1]/copy").click()
    key(page, "where.items[2]/remove").click()
    expect(page.get_by_role("status")).to_contain_text("counted at")
    stored = json.loads(page.locator("textarea[name=rule]").input_value())
    relative = {"kind": "condition", "path": [], "field": "placed_at", "op": "within_last", "value": {"amount": 10, "unit": "year"}}
    cities = {"kind": "condition", "path": ["store"], "field": "city", "op": "in", "value": ["Paris", "Lyon"]}
    total = {"kind": "link", "path": ["orders"], "quantifier": "sum", "field": "total", "op": "ge", "value": "400"}
    assert stored["where"]["op"] == "or"
    assert stored["where"]["items"] == [
        {**total, "where": {"kind": "group", "op": "and", "not": False, "items": [relative]}},
        {"kind": "group", "op": "and", "not": True, "items": [cities]},
    ]


def test_a_saved_rule_opens_again_and_the_keyboard_is_enough(page):
    small_world()
    open_builder(page, "customer")
    key(page, "where/add-condition").press("Enter")
    page.keyboard.type("xyz")
    expect(page.get_by_role("dialog")).to_contain_text("Nothing is called so.")
    page.keyboard.press("Control+a")
    page.keyboard.type("store city")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(key(page, "where.items[0]/field")).to_be_focused()
    expect(key(page, "where.items[0]/field")).to_contain_text("Store")
    key(page, "where.items[0]/value").fill("Paris")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("6 records are in the audience now.")).to_be_visible()
    expect(key(page, "where.items[0]/value")).to_have_value("Paris")
    expect(page.get_by_role("status")).to_contain_text("6counted at")


def test_the_builder_is_accessible(page):
    small_world()
    open_builder(page, "customer")
    key(page, "where/add-condition").click()
    choose(page, "orders.total")
    key(page, "where.items[0].where.items[0]/op").select_option("ge")
    key(page, "where.items[0].where.items[0]/value").fill("10")
    page.get_by_role("button", name="See the rows").click()
    expect(page.locator(".tr-rows table")).to_be_visible()
    page.locator(".tr-adders button").first.hover()
    found = Axe().run(page, context=".tutti-rule").response["violations"]
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []
    key(page, "where/add-condition").click()
    page.get_by_role("dialog").locator("[data-path='store']").click()
    found = Axe().run(page, context=".tr-dialog").response["violations"]
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []
