"""Giving directives, watching, deciding: what a CEO does all day."""

import os
import re
import signal
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, keep_picture
from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import holds, says

REFERENCE = "[reference] Compare three note apps"
QUESTION = says("ask", {"to": "ceo", "question": "Which country first?"}, role="pm", kind="work")


def test_a_double_submit_makes_one_mission(page: Page, company: Company) -> None:
    before = company.rows("select count(*) as n from directives")[0]["n"]
    page.goto("/stage")
    page.get_by_label("What should the company do?").fill(REFERENCE)
    page.get_by_role("button", name="Give directive").evaluate(
        "button => { button.click(); button.click(); button.form.requestSubmit(); }"
    )
    expect(page.get_by_text("Given. The VP reads it.")).to_be_visible()
    assert company.rows("select count(*) as n from directives")[0]["n"] == before + 1


def test_a_limit_that_is_no_amount_is_said_before_it_is_sent(page: Page) -> None:
    page.goto("/stage")
    page.get_by_label("What should the company do?").fill("Anything")
    page.get_by_label("At most $").fill("4,50")
    expect(page.get_by_text("The limit is dollars, such as 4 or 2.50.")).to_be_visible()
    expect(page.get_by_role("button", name="Give directive")).to_be_disabled()


def test_how_it_is_to_be_done_is_chosen_beside_the_directive(page: Page, company: Company) -> None:
    page.goto("/stage")
    page.get_by_label("What should the company do?").fill(REFERENCE)
    page.get_by_label("Playbook").select_option("report")
    expect(page.get_by_text("No mission like it yet")).to_be_visible()  # what was played does not count
    page.get_by_label("At most $").fill("0.75")
    page.get_by_label("ask me where the direction is unclear").uncheck()
    page.get_by_label("quote the plan first").check()
    page.get_by_text("Work on code that there is").click()
    page.get_by_label("What runs its tests").fill("pytest")
    expect(page.get_by_text("say where that code is")).to_be_visible()
    page.get_by_label("What runs its tests").fill("")
    page.get_by_role("button", name="Give directive").click()
    expect(page.get_by_text("Given. The VP reads it.")).to_be_visible()
    newest = wait_for(lambda: company.get("/api/missions")["items"][:1], "the mission")[0]
    mission = company.when(newest["id"], lambda m: m["status"] == "quoted", "its quote")
    assert (mission["playbook"], mission["limit_microusd"], len(mission["quotes"])) == ("report", 750_000, 1)


def test_a_long_call_shows_who_waits_since_when(page: Page, company: Company) -> None:
    company.model.play(holds(6, kind="plan"))
    page.goto("/stage")
    company.give(REFERENCE)
    row = page.locator("tr[data-role=vp]")
    expect(row).to_have_attribute("data-status", "model")
    assert re.match(r"reservation \w+", row.locator("td[data-because]").get_attribute("data-because") or "")
    clock = row.locator("td").last
    first = clock.inner_text()
    bar = page.get_by_role("img", name="Score").locator("rect[fill]").last
    width = bar.evaluate("bar => bar.getBoundingClientRect().width")
    expect(clock).not_to_have_text(first)
    assert bar.evaluate("bar => bar.getBoundingClientRect().width") >= width
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_worker_that_froze_is_away_until_it_is_back(page: Page, company: Company) -> None:
    company.model.play(holds(6, kind="plan"))
    page.goto("/stage")
    mission = company.give(REFERENCE)
    row = page.locator("tr[data-role=vp]")
    expect(row).to_have_attribute("data-status", "model")
    pid = company.children()["vp-1"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        expect(page.get_by_role("heading", level=1)).to_contain_text("is away", timeout=120_000)
        keep_picture(page, "away")
    finally:
        os.kill(pid, signal.SIGCONT)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("is away")
    assert company.ended(mission)["status"] == "succeeded"


def test_a_question_is_answered_by_keyboard_and_leaves_both_browsers(
    browser_of: "Callable[..., BrowserContext]", company: Company
) -> None:
    company.model.play(QUESTION)
    here, there = browser_of().new_page(), browser_of().new_page()
    here.goto("/desk")
    there.goto("/stage")
    mission = company.give(REFERENCE)
    company.waiting(mission, "question")
    for tab in (here, there):
        expect(tab).to_have_title(re.compile(r"^\(1\) "))
    expect(there.get_by_role("heading", level=1)).to_have_text("One thing waits for you.")
    expect(here.get_by_text("Which country first?")).to_be_visible()
    here.keyboard.press("r")
    here.keyboard.type("Germany, then Austria")
    here.keyboard.press("Control+Enter")
    for tab in (here, there):
        expect(tab).not_to_have_title(re.compile(r"^\("))
    assert company.ended(mission)["status"] == "succeeded"
    here.get_by_role("link", name="Decided").click()
    expect(here.get_by_text("Germany, then Austria").first).to_be_visible()


def test_a_long_command_is_whole_and_only_text_before_it_is_approved(page: Page, company: Company) -> None:
    command = "echo '<img src=x onerror=alert(1)>' " + "x" * 10_000 + " END"
    company.model.play(says("run_command", {"command": command}, role="pm", kind="work"))
    before = company.get("/api/policies")["autonomy"]
    company.ask("PUT", "/api/policies/autonomy", json={"value": {**before, "execute": "ask"}})
    try:
        mission = company.give(REFERENCE)
        company.waiting(mission, "permission")
        page.goto("/desk")
        card = page.locator("[data-desk=permission]").first
        expect(card.locator("pre").filter(has_text=command).first).to_be_visible()
        assert card.locator("img").count() == 0
        card.get_by_role("button", name="Approve …").click()
        expect(card).to_contain_text("exactly as it stands above")
        assert company.waiting(mission, "permission")["status"] == "open"  # nothing is done by the first step
        card.get_by_role("button", name="Approve now").click()
        expect(page.locator("[data-desk=permission]")).to_have_count(0)
    finally:
        company.ask("PUT", "/api/policies/autonomy", json={"value": before})


def test_a_limit_that_is_reached_is_raised_at_the_desk_and_the_work_goes_on(page: Page, company: Company) -> None:
    mission = company.give(REFERENCE, budget_microusd=100)
    company.waiting(mission, "budget")
    page.goto("/desk")
    card = page.locator("[data-desk=budget]").first
    card.get_by_label("The new limit $").fill("1.50")
    card.get_by_role("button", name="Raise the limit …").click()
    expect(card).to_contain_text("The limit becomes $1.50")
    card.get_by_role("button", name="Raise the limit now").click()
    ended = company.ended(mission)
    assert (ended["status"], ended["limit_microusd"]) == ("succeeded", 1_500_000)
    page.goto(f"/missions/{ended['slug']}")
    spent = ended["spent_microusd"] / 1e6
    shown = f"${spent:.4f}" if spent < 0.1 else f"${spent:.2f}"
    expect(page.get_by_text(f"{shown} of $1.50").first).to_be_visible()


def test_cancel_says_what_stays_and_takes_its_requests_along(page: Page, company: Company) -> None:
    company.model.play(QUESTION)
    mission = company.give(REFERENCE)
    company.waiting(mission, "question")
    page.goto(f"/missions/{company.mission(mission)['slug']}")
    page.get_by_role("button", name="Cancel this mission …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 request leaves your desk")
    expect(dialog).to_contain_text("what was spent is spent")
    dialog.get_by_role("button", name="Cancel the mission").click()
    wait_for(lambda: company.mission(mission)["status"] == "cancelled", "the cancel")
    page.goto("/desk")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing waits for you.")


def test_a_phone_answers_and_reads_without_going_sideways(
    browser_of: "Callable[..., BrowserContext]", company: Company
) -> None:
    company.model.play(QUESTION)
    mission = company.give(REFERENCE)
    company.waiting(mission, "question")
    page = browser_of(viewport=PHONE, has_touch=True).new_page()
    page.goto("/desk")
    page.get_by_label("Your answer").fill("Germany")
    button = page.get_by_role("button", name="Answer", exact=True)
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.tap()
    ended = company.ended(mission)
    for path in ("/stage", "/desk", f"/missions/{ended['slug']}", f"/reports/{ended['slug']}/README", "/money"):
        page.goto(path)
        expect(page.get_by_role("heading").first).to_be_attached()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
