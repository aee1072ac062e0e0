"""What a mission sends while it works, and what it leaves to decide: as the model gave it, none of it made up."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import keep_picture
from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import says

THOUGHT = "Three apps are worth a look and I compare them by price, by export and by who owns the notes. "
WORDS = "I write down first what I know of the market for notes, before I ask anybody else. "
FOUND = "Four of five freelancers write their notes in a plain file and pay nobody for it. "
WATCH = """() => {
  window.arrived = {};
  new MutationObserver(() => document.querySelectorAll("[data-live]").forEach(one => {
    window.arrived[one.dataset.live] = one.innerText;
  })).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
}"""  # each state that is drawn, however short


def test_what_a_model_sends_is_read_while_it_comes(page: Page, company: Company) -> None:
    company.model.play(says("ask", {"to": "ceo", "question": "Which price is too much?"}, role="pm", kind="work"))
    mission = company.give("[reference] Compare three note apps by what they send")
    asked = company.waiting(mission, "question")  # nothing is sent until it is answered
    own = next(task for task in company.mission(mission)["tasks"] if task["role"] == "pm")
    page.goto(f"/missions/{company.mission(mission)['slug']}?task={own['id']}")
    expect(page.get_by_text("Which price is too much?").first).to_be_attached()
    page.evaluate(WATCH)
    called = [{"name": "leave_trail", "arguments": {"kind": "finding", "text": FOUND * 4}}]
    answer = {"reasoning": THOUGHT * 4, "content": WORDS * 4, "tool_calls": called}
    slowly = {"fault": "drip", "options": {"bytes": 600, "every": 1.0}}
    company.model.play({"match": {"role": "pm", "kind": "work"}, "answer": answer, **slowly})
    company.post(f"/api/desk/{asked['id']}/answer", {"text": "Ten dollars a month"})
    wait_for(lambda: page.evaluate("'arguments' in window.arrived"), "the arguments of the call")
    arrived: dict[str, str] = page.evaluate("window.arrived")
    assert THOUGHT[:40] in arrived["reasoning"]
    assert "Arriving: words" in arrived["text"]
    assert WORDS[:40] in arrived["text"]
    assert "Arriving: arguments of leave_trail" in arrived["arguments"]
    assert FOUND[:40] in arrived["arguments"]
    keep_picture(page, "live-arguments")
    expect(page.get_by_text(WORDS.strip()).first).to_be_visible()  # the turn that it became
    expect(page.locator("[data-live]")).to_have_count(0)
    assert company.ended(mission)["status"] == "succeeded"


def test_a_decision_is_answered_as_a_directive_and_leaves_the_desk(page: Page, company: Company) -> None:
    question = "Which of the three apps do we buy for the whole office?"
    company.model.play({
        "match": {"kind": "synthesis"}, "fault": "decisions", "options": {"questions": [question]}, "times": 1,
    })  # fmt: skip
    before = company.ended(company.give("[reference] Compare three note apps and leave one thing open"))
    page.goto("/desk")
    card = page.locator("[data-desk=decision]").filter(has_text=question)
    expect(card).to_contain_text("leaves it to you")
    keep_picture(page, "desk-decision")
    said = "[reference] Buy the second one for everybody in the office"
    card.get_by_label("Your decision, as a directive").fill(said)
    card.get_by_role("button", name="Answer as directive").click()
    expect(card).to_have_count(0)
    given = wait_for(
        lambda: [m for m in company.get("/api/missions")["items"] if m["directive_text"] == said], "its mission"
    )[0]
    options: dict[str, Any] = json.loads(
        company.rows(
            "select d.options from directives d join missions m on m.directive_id = d.id where m.id = ?", given["id"]
        )[0]["options"]
    )
    item = company.rows("select * from desk_items where text = ?", question)[0]
    assert (options["follows"], options["answers"]) == (before["id"], item["id"])
    assert (item["status"], item["answer"]) == ("answered", said)
    page.get_by_role("link", name="Decided").click()
    expect(page.get_by_text(said).first).to_be_visible()
    assert company.ended(given["id"])["status"] == "succeeded"


def test_the_bars_of_money_are_what_the_office_counted(page: Page, company: Company) -> None:
    company.ended(company.give("[reference] Compare three note apps for their price"))
    page.goto("/money")
    over_time = page.get_by_role("region", name="Over time")
    for by in ("hour", "day"):
        over_time.get_by_role("radio", name=f"by {by}").click()
        series = company.get("/api/money/series", by=by)
        counted: dict[str, list[int]] = {}
        for part in series["items"]:
            cost, calls = counted.setdefault(part["at"], [0, 0])
            counted[part["at"]] = [cost + part["cost_microusd"], calls + part["calls"]]
        expect(over_time.get_by_role("img")).to_have_accessible_name(re.compile(rf" in \d+ {by}"))
        bars = over_time.get_by_role("img").locator("[title]")
        shown = bars.evaluate_all("bars => bars.map(bar => [bar.title, bar.lastElementChild.style.height])")
        spent = [(title, float(height[:-1])) for title, height in shown if float(height[:-1]) > 0]
        most = max(cost for cost, _ in counted.values())
        assert len(spent) == len(counted)
        for (title, height), at in zip(spent, sorted(counted), strict=True):
            cost, calls = counted[at]
            assert f"{dollars(cost)}, {calls} calls" in title
            assert abs(height - cost / most * 100) < 0.01
        expect(over_time.get_by_role("img")).to_have_accessible_name(
            re.compile(rf"^{re.escape(dollars(sum(cost for cost, _ in counted.values())))} in ")
        )


def dollars(microusd: int) -> str:
    return f"${microusd / 1e6:.4f}" if microusd < 100_000 else f"${microusd / 1e6:.2f}"
