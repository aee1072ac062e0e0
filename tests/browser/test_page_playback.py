"""A recorded mission, played back from the ledger that its answers make, on a clock of the test's.

Nothing here waits for time: the browser's clock stands, and is moved by what a mission's minutes come to at that speed.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PLAIN_HTTP, keep_picture
from tests.fixtures.company import Company, founded
from tests.fixtures.model import one, plans, rehearsal, says
from tests.fixtures.recorded_missions import RECORDINGS, invented, read_recording, write_ledger

RECORDED = ("freelancer-saas", "bakery-orders", "gym-quiet-hours")
NAMES = ("invented", *RECORDED)
SPEED = 60
TURNS = 90
MANY_TURNS = {"limits__turns_per_task": TURNS + 20}
SECOND = 1_000
AT_WORK = ("waits for the model", "a tool runs", "being checked")
WORDS = {"waiting": "waits for others", "queued": "queued", "parked": "parked", "completed": "completed"}
NODES = "nodes => nodes.map(node => [node.title, node.querySelector('.hidden').textContent.split(': ').at(-1)])"
pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Played:
    """A mission as its ledger has it."""

    id: str
    slug: str
    status: str
    spent: int
    tasks: dict[str, tuple[str, str]]  # by id: title and status
    events: list[sqlite3.Row]

    @property
    def milliseconds(self) -> int:
        first, last = (self.events[at]["at"] for at in (0, -1))
        return round((last - first) * 1000)

    def words_at(self, seq: int) -> dict[str, tuple[str, ...]]:
        """What each task may be called at the moment of an event, by its title."""
        moment = next(event["at"] for event in self.events if event["seq"] >= seq)
        last = dict.fromkeys(self.tasks, "waiting")
        for event in self.events:
            if event["kind"] == "task" and event["at"] <= moment:
                last[event["task_id"]] = json.loads(event["payload"])["after"]
        return {self.tasks[id][0]: (WORDS[after],) if after in WORDS else AT_WORK for id, after in last.items()}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that opens a ledger with the recorded missions that are here, and an invented one; its model's context
    is small."""
    recordings = [read_recording(path) for name in RECORDED if (path := RECORDINGS / f"{name}.jsonl").exists()]
    folder = tmp_path_factory.mktemp("archive")
    with rehearsal(folder, "--context", "20000") as model, founded(folder / "root", model, **MANY_TURNS) as company:
        with ThreadPoolExecutor(1) as other:  # Playwright's loop has this thread
            other.submit(asyncio.run, write_ledger(company.root / ".damascus", [*recordings, invented()])).result()
        company.up()
        yield company
        company.down()


@pytest.fixture
def company(archive: Company) -> Company:
    return archive


@pytest.fixture(params=NAMES)
def mission(request: pytest.FixtureRequest, archive: Company) -> Played:
    return played(archive, request.param)


def played(archive: Company, name: str) -> Played:
    """The mission of a recording. Skips the story where there is no such recording."""
    path = RECORDINGS / f"{name}.jsonl"
    if name in RECORDED and not path.exists():
        pytest.skip(f"there is no {path.name} in {RECORDINGS.name} beside the repository")
    directive = (invented() if name not in RECORDED else read_recording(path)).directive
    with closing(sqlite3.connect(archive.root / ".damascus/ledger.sqlite3")) as ledger:
        ledger.row_factory = sqlite3.Row
        found = ledger.execute("select * from missions where directive_text = ?", [directive]).fetchone()
        spent = ledger.execute("select spent from budgets where scope = ?", [f"mission:{found['id']}"]).fetchone()[0]
        rows = ledger.execute("select id, title, status from tasks where mission_id = ?", [found["id"]]).fetchall()
        events = ledger.execute(
            "select seq, kind, task_id, payload, (julianday(created_at) - 2440587.5) * 86400 as at from events"
            " where mission_id = ? order by seq", [found["id"]],
        ).fetchall()  # fmt: skip
    tasks = {row["id"]: (row["title"], row["status"]) for row in rows}
    return Played(found["id"], found["slug"], found["status"], spent, tasks, events)


def words(page: Page) -> dict[str, str]:
    """What each task is called, by its title."""
    shown: list[list[str]] = page.get_by_role("group", name="What waits for what").locator("button").evaluate_all(NODES)
    return {title: word for title, word in shown}


def opened(page: Page, mission: Played, query: str = "") -> Page:
    """The mission's page, its clock standing."""
    page.clock.install()
    page.goto(f"/missions/{mission.slug}{query}")
    expect(page.get_by_role("group", name="Playback")).to_be_visible()
    page.clock.pause_at(page.evaluate("Date.now()") + SECOND)
    return page


def watch(page: Page, milliseconds: int) -> None:
    """Let so much time pass, on a machine so busy that it draws one frame a second."""
    for _ in range(milliseconds // SECOND):
        page.clock.fast_forward(SECOND)
    page.clock.fast_forward(milliseconds % SECOND)


def clock(milliseconds: int) -> str:
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02}"


def test_a_recorded_mission_at_sixty_times_ends_with_its_minutes(page: Page, archive: Company, mission: Played) -> None:
    opened(page, mission)
    page.get_by_role("radio", name=f"{SPEED}×", exact=True).click()
    page.get_by_role("button", name="Play from the log").click()
    bar = page.get_by_role("group", name="Playback")
    expect(bar).to_contain_text(f"0:00 / {clock(mission.milliseconds)}")
    lasts = mission.milliseconds // SPEED
    watch(page, lasts - SECOND)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("h2#course + *")).to_contain_text("summing up")
    watch(page, 2 * SECOND)
    expect(page.get_by_role("button", name="Play from the log")).to_be_visible()
    whole = clock(mission.milliseconds)
    expect(bar).to_contain_text(f"{whole} / {whole}")
    assert words(page) == {title: WORDS[status] for title, status in mission.tasks.values()}
    expect(page.locator("h2#course + *")).to_contain_text(mission.status)
    expect(page.get_by_text(f"${mission.spent / 1e6:.2f} of $10.00").first).to_be_visible()
    assert archive.mission(mission.id)["spent_microusd"] == mission.spent


def test_the_longest_recording_takes_twenty_seven_seconds(archive: Company) -> None:
    for name in ("invented", "freelancer-saas"):
        assert abs(played(archive, name).milliseconds / SPEED - 27_200) < SECOND


def test_a_place_in_a_recorded_mission_is_what_the_ledger_said_then(
    browser_of: "Callable[..., BrowserContext]", mission: Played
) -> None:
    at = mission.events[min(85, len(mission.events) * 3 // 4)]["seq"]
    said = mission.words_at(at)
    page = opened(browser_of().new_page(), mission, f"?at={at}")
    shown = words(page)
    assert {title for title, word in shown.items() if word not in said[title]} == set()
    assert len(set(shown.values())) > 1
    expect(page.get_by_role("table").get_by_role("rowheader").first).to_be_visible()  # names come by themselves
    bar = page.get_by_role("group", name="Playback").inner_text()
    there = page.get_by_role("region", name="How it went").inner_text()
    page.get_by_label("Place in the mission").fill("0")  # from the beginning, event by event
    moments = sorted({event["at"] for event in mission.events})
    moment = next(event["at"] for event in mission.events if event["seq"] >= at)
    for _ in moments[: moments.index(moment)]:
        page.get_by_role("button", name="One event on").click()
    assert page.get_by_role("group", name="Playback").inner_text() == bar
    assert page.get_by_role("region", name="How it went").inner_text() == there
    assert words(page) == shown


def test_what_is_exported_is_the_ledgers_log(page: Page, mission: Played) -> None:
    page.goto(f"/missions/{mission.slug}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    exported: dict[str, Any] = json.loads(Path(download.value.path()).read_text())
    assert [event["seq"] for event in exported["events"]] == [event["seq"] for event in mission.events]
    assert exported["mission"]["spent_microusd"] == mission.spent


def test_a_page_saved_over_plain_http_plays_as_long(
    browser_of: "Callable[..., BrowserContext]", archive: Company, chromium: Browser, tmp_path: Path
) -> None:
    mission = played(archive, "invented")
    context = browser_of()
    context.add_init_script(PLAIN_HTTP)
    page = context.new_page()
    page.goto(f"/missions/{mission.slug}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a page").click()
    file = tmp_path / "mission.html"
    download.value.save_as(file)
    alone = chromium.new_context(offline=True)
    saved = alone.new_page()
    saved.clock.install()
    saved.goto(file.as_uri())
    saved.clock.pause_at(saved.evaluate("Date.now()") + SECOND)
    saved.get_by_role("button", name="Play").click()
    watch(saved, mission.milliseconds // SPEED - SECOND)
    expect(saved.get_by_role("button", name="Pause")).to_be_visible()
    watch(saved, 2 * SECOND)
    expect(saved.get_by_role("button", name="Play")).to_be_visible()
    whole = clock(mission.milliseconds)
    expect(saved.locator("#clock")).to_have_text(f"{whole} / {whole}")
    keep_picture(saved, "saved-recording")
    alone.close()


def test_a_conversation_that_was_summed_up_shows_what_stands_for_it(page: Page, archive: Company) -> None:
    work = {"role": "pm", "kind": "work"}
    found = {"kind": "log", "text": "step <n>: looked at <n> more shops. " + "Each sells bread. " * 25}
    done = {"summary": "All steps were made and each of them is on the trail, as was asked."}
    archive.model.play(
        plans(one("count", "pm", "note")), says("leave_trail", found, times=TURNS, **work), says("finish", done, **work)
    )
    mission = archive.ended(archive.give("Count the bakeries of Berlin", budget_microusd=20_000_000))
    assert mission["status"] == "succeeded", mission["reason"]
    task = next(task for task in mission["tasks"] if task["key"] == "count")
    made = archive.rows("select until, text from compactions where task_id = ? order by until", task["id"])
    assert made
    page.goto(f"/missions/{mission['slug']}?task={task['id']}")
    shown = page.locator("li[data-compaction]")
    expect(shown).to_have_count(len(made))
    assert shown.evaluate_all("all => all.map(one => Number(one.dataset.compaction))") == [one["until"] for one in made]
    first = shown.first
    expect(first).to_contain_text("the conversation was full: from here on this stands for all above, summed up by")
    first.locator("summary").click()
    expect(first).to_contain_text(made[0]["text"][:200])
    at = next(e for e in archive.events(mission=mission["slug"]) if e["kind"] == "compaction")["seq"]
    page.goto(f"/missions/{mission['slug']}?task={task['id']}&at={at - 1}")  # before it was summed up
    expect(page.get_by_role("region", name="Transcript")).to_contain_text("leave_trail")
    expect(shown).to_have_count(0)
    keep_picture(page, "before-a-compaction")
