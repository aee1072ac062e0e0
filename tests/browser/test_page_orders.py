"""Orders to a company that works: what is said to a running mission, and the rules; and who carries them out."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import keep_picture
from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import holds, says

REFERENCE = "[reference] Compare three note apps"


def test_a_mission_that_runs_is_told_what_to_do_otherwise_and_the_letter_is_seen(page: Page, company: Company) -> None:
    write = says("send_message", {"to": "sales", "content": "Which price?"}, role="pm", kind="work")
    company.model.play(write, holds(8, role="pm", kind="work"))
    mission = company.when(company.give(REFERENCE), lambda m: len(m["tasks"]) > 1, "its plan")
    page.goto(f"/missions/{mission['slug']}")
    page.get_by_label("Whom you tell").select_option("pm")
    page.get_by_label("What they are told").fill("Don't name <b>customers</b>; $HOME")
    expect(page.get_by_text(f"ceo say {mission['slug']} pm 'Don'\\''t name <b>customers</b>; $HOME'")).to_be_visible()
    page.get_by_role("button", name="Tell them").evaluate("button => { button.click(); button.form.requestSubmit(); }")
    expect(page.get_by_text("it stands on the trail")).to_be_visible()
    log = company.get("/api/log", mission=mission["slug"], after=0, limit=500)["items"]
    said = [e["payload"]["text"] for e in log if e["kind"] == "answer"]
    assert said == ["The CEO says to pm: Don't name <b>customers</b>; $HOME"]
    keep_picture(page, "mission-say")
    page.goto("/stage")
    sent = wait_for(lambda: _message(company, mission["slug"], "sales"), "the message")
    expect(page.locator("canvas")).to_have_attribute("data-because", re.compile(rf"\be{sent}\b"))
    company.ended(mission["id"])
    page.goto(f"/missions/{mission['slug']}")
    expect(page.get_by_role("button", name="Export")).to_be_visible()
    expect(page.get_by_label("What they are told")).to_have_count(0)


def _message(company: Company, slug: str, to: str) -> int | None:
    log = company.get("/api/log", mission=slug, kind="message", after=0)["items"]
    return next((event["seq"] for event in log if event["payload"]["to"] == to), None)


def test_a_rule_is_changed_by_its_form_and_the_change_is_kept(page: Page, company: Company) -> None:
    before = company.get("/api/policies")
    page.goto("/rules")
    rule = page.get_by_role("region", name="quote")
    try:
        rule.get_by_label("above usd").fill("-1")
        rule.get_by_role("button", name="Change").click()
        expect(rule.get_by_role("alert")).to_be_visible()  # the office says why
        rule.get_by_label("above usd").fill("2.5")
        rule.get_by_role("button", name="Change").click()
        expect(rule.get_by_role("button", name="Change")).to_have_count(0)
        assert company.get("/api/policies")["quote"] == {"above_usd": 2.5}
        rule.get_by_text("Changed: 1").click()
        expect(rule).to_contain_text("above USD: not set → 2.5")
        page.get_by_role("region", name="autonomy").get_by_label("spend").select_option("deny")
        wait_for(lambda: company.get("/api/policies")["autonomy"]["spend"] == "deny", "the change")
        keep_picture(page, "rules-changed")
    finally:
        for key in ("quote", "autonomy"):
            company.ask("PUT", f"/api/policies/{key}", json={"value": before[key]})


def test_each_of_the_staff_has_tools_and_a_record(page: Page, company: Company) -> None:
    company.ended(company.give(REFERENCE))
    member = next(one for one in company.get("/api/staff")["items"] if one["role"] == "pm")
    assert member["done"] > 0, json.dumps(member)
    page.goto("/team")
    card = page.locator("article", has_text=member["name"])
    expect(card).to_contain_text(f"{member['done']} task{'s' if member['done'] > 1 else ''} done")
    expect(card).to_contain_text(f"kind of model: {member['tier']}")
    card.get_by_text(f"{len(member['tools'])} tools").click()
    for tool in member["tools"]:
        expect(card.get_by_text(tool, exact=True)).to_be_visible()
    keep_picture(page, "team")
