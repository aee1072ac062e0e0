"""Coming in, being one of several tabs, losing the office and finding it again."""

import os
import signal
from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.conftest import PHONE, PLAIN_HTTP, keep_picture, link, show_every_event
from tests.fixtures.company import Company, wait_for


def test_a_link_logs_in_once_and_leaves_no_token_behind(company: Company, chromium: Browser) -> None:
    address = f"{company.office()['url']}{link(company)}"
    first, second = chromium.new_context(), chromium.new_context()
    page, late = first.new_page(), second.new_page()
    page.goto(address)
    page.wait_for_url("**/stage")
    expect(page.locator("[data-connection=live]")).to_be_visible()
    late.goto(address)
    expect(late.get_by_role("status")).to_contain_text("wrong, used or too old")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert stored == '[{},{},""]'
    assert address.partition("#")[2] not in page.url
    first.close()
    second.close()


def test_who_is_not_logged_in_is_shown_where_to(company: Company, chromium: Browser) -> None:
    context = chromium.new_context(base_url=company.office()["url"])
    page = context.new_page()
    page.goto("/money")
    page.wait_for_url("**/login")
    expect(page.get_by_label("The code")).to_be_visible()
    context.close()


def test_a_visitor_finds_model_limit_and_staff(page: Page, company: Company) -> None:
    page.goto("/stage")
    expect(page.get_by_role("banner")).to_contain_text("rehearsal")
    expect(page.get_by_role("banner")).to_contain_text("of $1000.00 today")
    who = page.get_by_role("region", name="Who does what")
    for member in company.get("/api/staff")["items"]:
        expect(who).to_contain_text(member["name"].split()[0])


def test_eight_tabs_have_one_stream(browser_of: "Callable[..., BrowserContext]", company: Company) -> None:
    context = browser_of()
    streams: list[Request] = []

    def note(request: Request) -> None:
        if "/api/events" in request.url:
            streams.append(request)

    context.on("request", note)
    tabs = [context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto("/stage")
        expect(tab.locator("[data-connection=live]")).to_be_visible()
    mission = company.give("[reference] Compare three note apps")
    last = company.ended(mission) and company.rows("select max(seq) as n from events")[0]["n"]
    for tab in tabs:
        expect(tab.get_by_role("banner")).to_contain_text(f"e{last}")
    assert len(streams) == 1
    tabs[0].close()  # another one reads now, and all go on
    tabs[1].close()
    company.ended(company.give("[reference] Compare three note apps"))
    last = company.rows("select max(seq) as n from events")[0]["n"]
    for tab in tabs[2:]:
        expect(tab.get_by_role("banner")).to_contain_text(f"e{last}")


PLAIN = "[reference] Compare three note apps over plain HTTP"


def test_a_page_over_plain_http_from_another_machine_works(
    browser_of: "Callable[..., BrowserContext]", company: Company
) -> None:
    context = browser_of()
    context.add_init_script(PLAIN_HTTP)
    here, there = context.new_page(), context.new_page()
    for tab in (here, there):
        tab.goto("/stage")
        expect(tab.locator("[data-connection=live]")).to_be_visible()
    here.get_by_label("What should the company do?").fill(PLAIN)
    here.get_by_role("button", name="Give directive").dblclick()
    for tab in (here, there):
        expect(tab.get_by_role("heading", name=PLAIN)).to_be_visible()
    mission = next(one for one in company.get("/api/missions")["items"] if one["directive_text"] == PLAIN)
    assert company.ended(mission["id"])["status"] == "succeeded"
    last = company.rows("select max(seq) as n from events")[0]["n"]
    for tab in (here, there):
        expect(tab.get_by_role("banner")).to_contain_text(f"e{last}")
    assert company.rows("select count(*) as n from missions where directive_text = ?", PLAIN)[0]["n"] == 1


def test_an_office_that_restarts_heals_with_no_event_lost_or_twice(page: Page, company: Company) -> None:
    page.goto("/stage")
    expect(page.locator("[data-connection=live]")).to_be_visible()
    first = company.rows("select seq from events order by seq desc limit 500")[-1]["seq"]  # what a page begins with
    company.model.slow_down(0.2)
    mission = company.give("[reference] Compare three note apps")
    company.when(mission, lambda m: m["status"] == "running", "the plan")
    os.kill(company.office()["pid"], signal.SIGKILL)
    expect(page.get_by_role("status").first).to_contain_text("this was true then")
    wait_for(company.is_up, "the office")
    expect(page.locator("[data-connection=live]")).to_be_visible(timeout=15_000)
    company.ended(mission)
    show_every_event(page)
    logged = [row["seq"] for row in company.rows("select seq from events where seq >= ? order by seq desc", first)]
    expect(page.get_by_text(f"e{logged[0]}", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Signal")).to_contain_text("event")
    seen: list[int] = []
    events = page.get_by_role("region", name="Events")
    for place in range(0, 36 * len(logged), 200):
        events.evaluate("(list, top) => list.scrollTo({top})", place)
        page.wait_for_timeout(20)
        shown = events.locator("li > :last-child").all_inner_texts()
        assert len(shown) == len(set(shown))
        seen += [int(text.removeprefix("e")) for text in shown if text]
    assert [seq for seq in sorted(set(seen), reverse=True) if seq >= first] == logged  # at its end it loads older ones


def test_a_code_that_is_typed_logs_in_and_a_wrong_one_says_what_to_do(company: Company, chromium: Browser) -> None:
    made = company.post("/api/sessions/codes", {"kind": "pairing"})
    context = chromium.new_context(base_url=company.office()["url"], viewport=PHONE)
    page = context.new_page()
    page.goto("/login")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    keep_picture(page, "login-light-390")
    field = page.get_by_label("The code")
    expect(field).to_be_focused()
    field.fill("WRONG 234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("`ceo open` makes another")
    field.fill(f"{made['code'][:4].lower()} {made['code'][4:]}")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/stage")
    context.close()


def test_another_device_is_logged_in_and_out_from_the_page(page: Page, company: Company, chromium: Browser) -> None:
    page.goto("/system")
    page.get_by_role("button", name="Log in another device").click()
    told = page.get_by_role("status").filter(has_text="it works once")
    address, code = (told.locator(".mono").nth(n).inner_text() for n in (0, 1))
    there = chromium.new_context(user_agent="A phone with <b>a name</b>").new_page()
    there.goto(address)
    there.get_by_label("The code that").fill(code)
    there.get_by_role("button", name="Log in").click()
    expect(there.locator("[data-connection=live]")).to_be_visible()
    page.reload()
    row = page.get_by_role("listitem").filter(has_text="A phone with <b>a name</b>")
    row.get_by_role("button", name="Log out").click()
    expect(row).to_have_count(0)
    assert not [one for one in company.get("/api/sessions")["items"] if "A phone" in one["device"]]
    there.goto(address.replace("/login", "/stage"))
    there.wait_for_url("**/login")
    there.context.close()
    page.get_by_role("listitem").filter(has_text="this browser").get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
