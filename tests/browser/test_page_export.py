"""A mission that is saved as a page plays by itself, asks nobody for anything, and runs nothing that it quotes."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import keep_picture
from tests.fixtures.company import Company
from tests.fixtures.model import holds

HOSTILE = (
    '[reference] Compare</script><script>window.ran=1</script><img src="http://example.com/x" onerror="window.ran=2">'
)


def test_a_saved_page_plays_offline_and_runs_nothing(
    page: Page, company: Company, chromium: Browser, tmp_path: Path
) -> None:
    mission = company.ended(company.give(HOSTILE))
    page.goto(f"/missions/{mission['slug']}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a page").click()
    assert download.value.suggested_filename == f"{mission['slug']}.html"
    file = tmp_path / "mission.html"
    download.value.save_as(file)
    context = chromium.new_context(offline=True)
    alone = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda said: wrong.append(said.text))
    alone.on("pageerror", lambda error: wrong.append(str(error)))
    alone.goto(file.as_uri())
    expect(alone.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    rows = alone.locator("#lines li")
    count = rows.count()
    assert count > 10
    expect(rows.last).to_be_visible()
    alone.get_by_role("button", name="One event back").click()
    expect(rows.last).to_be_hidden()
    alone.get_by_label("Place in the mission").fill("0")
    assert alone.locator("#lines li:visible").count() < count
    alone.get_by_role("button", name="Play").click()
    expect(rows.last).to_be_visible(timeout=10_000)
    expect(alone.get_by_role("button", name="Play")).to_be_visible()
    assert alone.locator("#score rect").count() > 4
    assert alone.evaluate("window.ran") is None
    assert alone.locator("img").count() == 0
    assert (asked, wrong) == ([file.as_uri()], [])
    keep_picture(alone, "saved-page")
    context.close()


def test_what_has_not_arrived_is_said_not_made_up(page: Page, company: Company) -> None:
    company.model.play(holds(8, kind="plan"))
    mission = company.give("[reference] Compare three note apps")
    page.goto(f"/missions/{company.mission(mission)['slug']}")
    expect(page.get_by_text("The model has sent nothing readable yet.")).to_be_visible(timeout=5_000)
    company.ended(mission)
    expect(page.get_by_text("The model has sent nothing readable yet.")).to_have_count(0)
