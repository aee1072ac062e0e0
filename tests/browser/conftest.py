"""A real browser before a real company. Without Playwright or Chromium these tests are skipped; in CI they fail."""

import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.fixtures.company import Company, company, shared_company

try:
    from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

    expect.set_options(timeout=30_000)  # for a machine that is busy; how fast the page is: `benchmarks/`
except ImportError:  # `make browser` installs it
    if os.environ.get("CI"):
        raise
    collect_ignore_glob = ["test_*.py"]

Change = Callable[[Any], Any]
__all__ = ["company", "shared_company"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PLAIN_HTTP = """
delete Crypto.prototype.randomUUID;
for (const [of, name] of [[Crypto, "subtle"], [Navigator, "locks"], [Navigator, "clipboard"]])
  Object.defineProperty(of.prototype, name, { value: undefined });
"""  # what browsers take from a page that does not come over TLS or from this machine
SHOTS = os.environ.get("PAGE_SHOTS")  # a folder for pictures of every page
PICTURES = os.environ.get("PAGE_PICTURES")  # where `make pictures` wants those of the manual


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium on the PATH; install one (Debian: apt install chromium)")
        pytest.skip("there is no Chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browser_of(chromium: "Browser", company: Company) -> "Iterator[Callable[..., BrowserContext]]":
    """Another browser that is logged in at the company; what goes wrong in its pages fails the test."""
    made: list[BrowserContext] = []
    wrong: list[str] = []

    def make(**options: object) -> "BrowserContext":
        context = chromium.new_context(**{"viewport": WIDE, **options}, base_url=company.office()["url"])
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        made.append(context)
        page = context.new_page()
        page.goto(link(company))
        page.wait_for_url("**/stage")
        page.close()
        return context

    yield make
    for context in made:
        context.close()
    assert wrong == []


@pytest.fixture
def page(browser_of: "Callable[..., BrowserContext]") -> "Page":
    return browser_of().new_page()


def link(company: Company) -> str:
    """A link that logs a browser in, once."""
    path: str = company.post("/api/sessions/codes")["path"]
    return path


def changed(page: "Page", url: str, change: Change) -> None:
    """Change what the office answers at an address, before the page reads it."""

    def answer(route: "Route") -> None:
        said = route.fetch()
        told = change(said.json())
        route.fulfill(status=200, content_type="application/json", body=json.dumps(told))

    page.route(re.compile(url), answer)


def show_every_event(page: "Page") -> None:
    """By a key: a click is lost where the page shifts under it while it loads."""
    page.get_by_label("every event").press("Space")


def keep_picture(page: "Page", name: str) -> None:
    """Keep a picture of the page, if PAGE_SHOTS names a folder for them."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def keep_for_the_manual(page: "Page", name: str) -> None:
    """Keep a small picture for the documents, if they are being renewed."""
    whole = page.screenshot()
    if PICTURES:
        image = Image.open(io.BytesIO(whole))
        image.resize((image.width * 2 // 3, image.height * 2 // 3)).save(f"{PICTURES}/{name}.webp", quality=80)
