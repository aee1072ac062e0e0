"""What comes late, or not at all, or in another order than it was asked for: the page shows the truth in the end."""

import re

from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import says

MISSIONS = re.compile(r"/api/missions\?limit=100$")


def _asks(question: str) -> dict[str, object]:
    return says("ask", {"to": "ceo", "question": question}, role="pm", kind="work")


def test_an_answer_that_is_older_than_an_event_does_not_stay(page: Page, company: Company) -> None:
    directive = "[reference] Compare three late apps"
    late: list[tuple[Route, APIResponse]] = []
    page.route(MISSIONS, lambda route: late.append((route, route.fetch())) if not late else route.continue_())
    page.goto("/stage")
    expect(page.locator("[data-connection=live]")).to_be_visible()
    wait_for(lambda: page.wait_for_timeout(20) or late, "the page to ask for the missions")
    company.ended(company.give(directive))
    route, before = late[0]
    assert directive not in before.text()
    route.fulfill(response=before)
    expect(page.get_by_role("heading", name=directive)).to_be_visible()


def test_what_happens_while_a_page_reads_the_log_is_shown(page: Page, company: Company) -> None:
    company.model.play(_asks("Which early country?"))
    held: list[Route] = []
    log = re.compile(r"/api/log\?limit=\d+$")
    page.route(log, lambda route: route.continue_() if held else held.append(route))
    with page.expect_response(re.compile("/api/desk")):
        page.goto("/stage")
    wait_for(lambda: page.wait_for_timeout(20) or held, "the page to ask for the log")
    company.waiting(company.give("[reference] Compare three early apps"), "question")
    held[0].continue_()
    expect(page).to_have_title(re.compile(r"^\(1\) "))


def test_an_answer_that_could_not_be_sent_is_kept_and_sent_when_the_office_is_back(
    page: Page, company: Company
) -> None:
    company.model.play(_asks("Which late country?"))
    mission = company.give("[reference] Compare three lost apps")
    company.waiting(mission, "question")
    page.goto("/desk")
    card = page.locator("[data-desk=question]").filter(has_text="Which late country?")
    card.get_by_label("Your answer").fill("Finland")
    context: BrowserContext = page.context
    context.set_offline(True)
    card.get_by_role("button", name="Answer", exact=True).click()
    expect(card.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(card.get_by_label("Your answer")).to_have_value("Finland")
    context.set_offline(False)
    card.get_by_role("button", name="Answer", exact=True).click()
    expect(card).to_have_count(0)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    assert company.ended(mission)["status"] == "succeeded"
    answers = company.rows("select answer from desk_items where text like '%late country%'")
    assert [row["answer"] for row in answers] == ["Finland"]


def test_a_request_that_comes_while_its_page_is_on_its_way_is_there(page: Page, company: Company) -> None:
    company.model.play(_asks("Which slow country?"))
    held: list[Route] = []
    page.route("**/DeskPage*", lambda route: held.append(route))
    page.goto("/stage")
    expect(page.locator("[data-connection=live]")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Desk").click()
    expect(page.get_by_text("Loading …")).to_be_visible()
    mission = company.give("[reference] Compare three slow apps")
    company.waiting(mission, "question")
    assert held
    for route in held:
        route.continue_()
    expect(page.get_by_text("Which slow country?")).to_be_visible()


def test_a_part_that_does_not_come_is_fetched_again_and_takes_nothing_along(page: Page) -> None:
    failed: list[Route] = []

    def once(route: Route) -> None:
        failed.append(route)
        _ = route.abort() if len(failed) == 1 else route.continue_()

    page.route("**/MoneyPage*.js", once)
    page.route("**/TeamPage*.js", lambda route: route.abort())
    page.goto("/stage")
    page.get_by_role("link", name="Money", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Money")).to_be_visible()
    assert len(failed) == 2
    page.get_by_role("link", name="Team", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="This page did not come")).to_be_visible()
    expect(page.get_by_role("button", name="Load the page again")).to_be_visible()
    page.get_by_role("link", name="Stage", exact=True).click()
    expect(page.get_by_label("What should the company do?")).to_be_visible()
