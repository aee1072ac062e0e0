"""Getting anywhere by name, by key and by words; nothing of it needs a mouse."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import PHONE, keep_picture
from tests.fixtures.company import Company
from tests.fixtures.model import says

REFERENCE = "[reference] Compare three note apps"
HOSTILE = '[reference] <img src=x onerror="window.ran=1"> Compare zebra apps'


def _open(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("[data-connection=live]")).to_be_visible()  # from now on it hears keys


def test_the_palette_leads_everywhere_and_has_the_command(
    browser_of: "Callable[..., BrowserContext]", company: Company
) -> None:
    mission = company.ended(company.give(HOSTILE))
    context = browser_of()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    _open(page, "/stage")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to, or do")
    expect(field).to_be_focused()
    page.keyboard.type("money")
    expect(page.get_by_role("dialog").get_by_role("option", selected=True)).to_contain_text("Money")
    page.keyboard.press("Enter")
    page.wait_for_url("**/money")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("zebra")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("<img src=x onerror=")
    keep_picture(page, "palette")
    page.keyboard.press("Alt+Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"ceo show {mission['slug']}"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/missions/{mission['slug']}")
    assert page.evaluate("window.ran") is None
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("directive")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What should the company do?")).to_be_focused()


def test_the_palette_leads_back_from_a_page_that_has_not_come_yet(page: Page) -> None:
    held: list[Route] = []
    page.route("**/MoneyPage*", lambda route: held.append(route))
    _open(page, "/stage")
    for typed in ("money", "directive"):
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Go to, or do")).to_be_focused()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        if typed == "money":
            expect(page.get_by_text("Loading …")).to_be_visible()
    expect(page.get_by_label("What should the company do?")).to_be_focused()
    assert held  # the page of money never came


def test_letters_go_to_pages_until_they_are_switched_off(page: Page) -> None:
    _open(page, "/stage")
    for keys, place in (("gm", "missions"), ("gi", "desk"), ("g$", "money"), ("gt", "team"), ("gs", "stage")):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_url(f"**/{place}")
    page.keyboard.press("c")
    expect(page.get_by_label("What should the company do?")).to_be_focused()
    page.keyboard.type("gm?")  # in a field a letter is a letter
    expect(page.get_by_label("What should the company do?")).to_have_value("gm?")
    page.get_by_label("What should the company do?").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    keep_picture(page, "keys")
    page.get_by_label("single letters are keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to, or do")).to_be_focused()
    assert page.url.endswith("/stage")


def test_a_request_is_approved_by_keys_after_what_it_does_is_shown(page: Page, company: Company) -> None:
    before = company.get("/api/policies")["autonomy"]
    company.model.play(says("run_command", {"command": "echo hello"}, role="pm", kind="work"))
    company.ask("PUT", "/api/policies/autonomy", json={"value": {**before, "execute": "ask"}})
    try:
        mission = company.give(REFERENCE)
        company.waiting(mission, "permission")
        _open(page, "/desk")
        expect(page.locator("[data-desk=permission]")).to_contain_text("What it may do at worst: run any program")
        page.keyboard.press("a")
        expect(page.locator("[data-desk=permission]")).to_contain_text("exactly as it stands above")
        assert company.waiting(mission, "permission")["status"] == "open"
        page.keyboard.press("Enter")
        expect(page.locator("[data-desk=permission]")).to_have_count(0)
        company.ended(mission)
    finally:
        company.ask("PUT", "/api/policies/autonomy", json={"value": before})


def test_what_is_searched_opens_at_its_place(page: Page, company: Company) -> None:
    company.ended(company.give(REFERENCE))
    _open(page, "/stage")
    page.keyboard.press("/")
    expect(page.get_by_label("All of these words")).to_be_focused()
    page.keyboard.type("rehearsal")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=rehearsal")
    hits = page.get_by_role("listitem")
    expect(hits.first).to_be_visible()
    expect(hits.filter(has_text="ceo show").first.locator("mark").first).to_have_text(re.compile("rehearsal", re.I))
    keep_picture(page, "search")
    kinds = {text.split()[0] for text in hits.all_inner_texts()}
    assert {"mission", "report", "entry"} <= kinds
    page.locator("li").filter(has=page.get_by_text("report", exact=True)).get_by_role("link").first.click()
    page.wait_for_url("**/reports/*/*")
    page.go_back()
    page.locator("li").filter(has=page.get_by_text("entry", exact=True)).get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/missions/[^/]+\?at=\d+$"))
    expect(page.get_by_role("button", name="To the end")).to_be_visible()
    page.goto("/search?q=xyzzyplugh")
    expect(page.get_by_text("Nothing has all of these words.")).to_be_visible()


def test_a_rule_is_laid_down_shown_with_its_origin_and_forgotten(
    browser_of: "Callable[..., BrowserContext]", company: Company
) -> None:
    page = browser_of(viewport=PHONE).new_page()
    page.goto("/memory")
    page.get_by_label("A rule for every task").fill("Never name <b>a customer</b> in a report.")
    page.get_by_role("button", name="Lay it down").click()
    card = page.locator("article", has_text="Never name <b>a customer</b> in a report.")
    expect(card).to_be_visible()
    card.get_by_text("Where it comes from").click()
    expect(card).to_contain_text("tasks had it in what they were told")
    kept = company.get("/api/memories")["items"][0]
    assert kept["owner"] == "ceo"
    page.goto("/search?q=customer")
    page.get_by_role("link", name="preference").click()
    page.wait_for_url(f"**/memory#{kept['id']}")
    card.get_by_role("button", name="Forget …").click()
    card.get_by_role("button", name="Forget it").click()
    expect(card).to_have_count(0)
    assert kept["id"] not in [one["id"] for one in company.get("/api/memories")["items"]]


def test_missions_are_narrowed_by_how_they_stand_and_by_their_words_and_the_address_keeps_it(
    page: Page, company: Company
) -> None:
    mission = company.ended(company.give("[reference] Compare quokka apps, 100% of them"))
    _open(page, "/missions")
    listed, status = page.locator("main li"), page.get_by_label("How they stand")
    ours = page.locator(f"a[href='/missions/{mission['slug']}']")
    expect(ours).to_be_visible()
    total = sum(company.get(f"/api/missions/{mission['slug']}")["task_counts"].values())
    expect(listed.filter(has=ours)).to_contain_text(f"{total} of {total} tasks")
    status.select_option("Failed")
    page.wait_for_url("**/missions?show=failed")
    expect(ours).to_have_count(0)
    status.select_option("Succeeded")
    words = page.get_by_label("What their directives contain")
    words.fill(" QUOKKA apps, 100% ")
    words.press("Enter")
    expect(listed).to_have_count(1)
    expect(ours).to_be_visible()
    keep_picture(page, "missions-narrowed")
    page.reload()
    expect(listed).to_have_count(1)
    expect(words).to_have_value("QUOKKA apps, 100%")
    status.select_option("Cancelled")
    expect(page.get_by_text("No mission is like that.")).to_be_visible()
    page.go_back()
    expect(ours).to_be_visible()
    expect(status).to_have_value("succeeded")


def test_missions_that_do_not_fit_on_a_page_follow_when_they_are_asked_for(page: Page, company: Company) -> None:
    first, second = [company.ended(company.give(f"[reference] Compare numbat apps {n}")) for n in (1, 2)]

    def one_by_one(route: Route) -> None:
        route.continue_(url=route.request.url.replace("limit=100", "limit=1"))

    page.route(re.compile(r"/api/missions\?limit=100"), one_by_one)
    _open(page, "/missions?q=numbat")
    expect(page.locator("main li")).to_have_count(1)
    expect(page.locator(f"main a[href='/missions/{second['slug']}']")).to_be_visible()
    page.get_by_role("button", name="Earlier missions").click()
    expect(page.locator(f"main a[href='/missions/{first['slug']}']")).to_be_visible()
    expect(page.get_by_role("button", name="Earlier missions")).to_have_count(0)
