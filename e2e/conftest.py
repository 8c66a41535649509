"""A real browser on a real site; tests skip, and say so, where there is no Chromium."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
HARMLESS = ("favicon", "Failed to load resource")  # refusals that a test provokes are seen on the page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install the package chromium to run the browser tests")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


def enter(page: Page, site: str, user: User) -> None:
    """From now on the page is this person's."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of 1280 × 800, signed in as administrator; an error in a script, or what the content policy blocks, fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=live_server.url, locale="en")
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda line: errors.append(line.text) if line.type == "error" and not any(w in line.text for w in HARMLESS) else None
    )
    enter(page, live_server.url, User.objects.create_superuser("administrator"))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> Callable[[User], None]:
    """Go on as somebody else."""
    return partial(enter, page, live_server.url)
