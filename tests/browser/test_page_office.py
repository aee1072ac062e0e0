"""The office as a picture: each figure has a row behind it, and where nothing happens nothing moves."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Position, expect

from tests.browser.conftest import PHONE, keep_picture
from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import holds, says

REFERENCE = "[reference] Compare three note apps"
TABLES = {"turn": "turns", "task": "tasks", "desk_item": "desk_items"}


def _rows(page: Page) -> set[str]:
    named = page.locator("canvas").get_attribute("data-because") or ""
    return {row for row in named.split("; ") if row}


def _exists(company: Company, row: str) -> bool:
    if found := re.fullmatch(r"e(\d+)", row):
        return bool(company.rows("select 1 from events where seq = ?", int(found[1])))
    kind, _, id = row.partition(" ")
    if kind == "agent":
        return any(member["id"] == id for member in company.get("/api/staff")["items"])
    return bool(company.rows(f"select 1 from {TABLES[kind]} where id = ?", id))


def test_every_row_that_the_office_names_exists(page: Page, company: Company) -> None:
    company.model.slow_down(0.4)
    page.goto("/stage")
    mission = company.give(REFERENCE)
    seen: set[str] = set()
    held: set[str] = set()  # a reservation is gone when its call is paid
    until = time.monotonic() + 60
    while company.mission(mission)["status"] != "succeeded" and time.monotonic() < until:
        held |= {f"reservation {row['id']}" for row in company.rows("select id from reservations")}
        seen |= _rows(page)
        page.wait_for_timeout(50)
    expect(page.get_by_role("region", name="Who does what")).to_be_visible()
    seen |= _rows(page)
    assert {row.split()[0] for row in seen} >= {"agent", "reservation"}
    assert sum(row.startswith("e") for row in seen) > 5
    assert [row for row in seen - held if not _exists(company, row)] == []
    keep_picture(page, "stage-office")


def test_a_quiet_minute_changes_only_clocks(page: Page, company: Company) -> None:
    company.model.play(holds(30, kind="plan"))
    page.goto("/stage")
    company.give(REFERENCE)
    expect(page.locator("tr[data-role=vp]")).to_have_attribute("data-status", "model")
    office = page.locator("canvas")
    expect(office).to_have_attribute("data-because", re.compile("reservation"))
    page.wait_for_timeout(1_500)  # the last event's picture is drawn
    clock = page.locator("tr[data-role=vp] td").last
    rows, told = _rows(page), office.evaluate("canvas => canvas.toDataURL()")
    page.clock.set_fixed_time(time.time() + 60)
    expect(clock).to_have_text(re.compile("^1:"))
    page.wait_for_timeout(300)
    assert _rows(page) == rows
    assert office.evaluate("canvas => canvas.toDataURL()") != told  # its clocks
    still = office.evaluate("canvas => canvas.toDataURL()")
    page.wait_for_timeout(2_500)  # with the clock held, nothing changes at all
    assert office.evaluate("canvas => canvas.toDataURL()") == still
    assert page.evaluate("document.getAnimations().length") == 0


def test_who_asks_stands_at_the_door_and_leads_to_the_desk(page: Page, company: Company) -> None:
    company.model.play(says("ask", {"to": "ceo", "question": "Which country first?"}, role="pm", kind="work"))
    page.goto("/stage")
    mission = company.give(REFERENCE)
    company.waiting(mission, "question")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    page.wait_for_timeout(800)
    keep_picture(page, "stage-office-door")
    office = page.locator("canvas")
    box = office.bounding_box()
    assert box is not None
    door: Position = {"x": box["width"] * 0.94, "y": box["width"] * 0.25}

    def is_named() -> bool:
        """A title is said where the mouse moves, of what is drawn by then."""
        office.hover(position={"x": 1, "y": 1})
        office.hover(position=door)
        said = office.get_attribute("title") or ""
        return re.search(r"stands at your door with a request \(e\d+\)", said) is not None

    wait_for(is_named, "who asks, at the door")
    office.click(position=door)
    expect(page.get_by_text("Which country first?")).to_be_visible()


def test_the_table_is_there_instead_where_motion_or_room_is_short(
    browser_of: "Callable[..., BrowserContext]", company: Company
) -> None:
    for options in ({"viewport": PHONE}, {"reduced_motion": "reduce"}):
        page = browser_of(**options).new_page()
        page.goto("/stage")
        expect(page.get_by_role("region", name="Who does what")).to_be_visible()
        expect(page.locator("canvas")).to_have_count(0)
        page.get_by_role("button", name="Show the office").click()
        expect(page.locator("canvas[aria-hidden=true]")).to_be_visible()
        page.reload()
        expect(page.locator("canvas")).to_be_visible()
        page.keyboard.press("o")
        expect(page.locator("canvas")).to_have_count(0)
