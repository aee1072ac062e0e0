"""Search over everything: what the log names is found by all of its words, and each hit says where it opens."""

import importlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.events import EventKind
from damascus.core.records.artifacts import ArtifactDetail
from damascus.core.records.authors import Author
from damascus.core.records.tasks import Task
from damascus.forge.local import LocalForge
from damascus.forge.objects import open_objects
from damascus.forge.working_files import FILE, WorkingFile
from damascus.office.jobs.job import Tick
from damascus.work import artifacts, event_log
from tests.fixtures.story import claim, planned, running_mission, task_of

job = importlib.import_module("damascus.office.jobs.index_for_search")  # the package has the function by that name


@pytest.fixture
async def task(office: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.chdir(tmp_path)
    mission = await running_mission(office.outbox, {**planned("a"), "title": "Interview plumbers"})
    return await claim(office.outbox, await task_of(office.outbox, mission, "a"))


async def index(office: Company) -> None:
    while await job.index_for_search(Tick(office, [], False)):
        pass


async def hits(http: httpx.AsyncClient, q: str, **query: Any) -> list[dict[str, Any]]:
    answer = await http.get("/api/search", params={"q": q, **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_entries_tasks_and_missions_are_found_and_open_where_they_say(
    office: Company, http: httpx.AsyncClient, task: Task
) -> None:
    async with office.outbox.transaction() as tx:
        text = "Freelancers loathe their café invoices; 予算 is small"
        await event_log.append_trail_entry(tx, task, EventKind.FINDING, text)
    await index(office)
    for words in ("cafe INVOICES", "loathing", "予算", "invoices freelancers"):
        (hit,) = await hits(http, words)
        assert (hit["kind"], hit["name"], hit["mission_id"]) == ("entry", "e1", task.mission_id), words
        assert (await http.get(hit["place"])).json()["payload"]["text"] == text
    assert await hits(http, "invoices elephants") == []
    (found,) = await hits(http, "plumbers interviewed", kind="task")
    assert (await http.get(found["place"])).json()["id"] == task.id
    (mission,) = await hits(http, "build something", kind="mission")
    told = (await http.get(mission["place"])).json()
    assert (told["id"], mission["name"], mission["title"]) == (task.mission_id, told["slug"], told["directive_text"])
    assert await hits(http, "build something", kind="report") == []


@pytest.mark.parametrize(
    "words", ['"', 'a" OR "b', "NEAR(", "*", "words:x", "-", "'; drop table search", "  ", "\U0001f600"]
)
async def test_no_words_break_the_query(office: Company, http: httpx.AsyncClient, task: Task, words: str) -> None:
    await index(office)
    await hits(http, words)


async def test_reports_and_names_of_files_are_found(office: Company, http: httpx.AsyncClient, task: Task) -> None:
    root = office.settings.shared
    (root / "reports/m").mkdir(parents=True)
    (root / "reports/m/market.md").write_text(
        "---\ntitle: The market\ncost_usd: 0.12\n---\n\n# The market\n\nA hundred thousand plumbers in Leeds."
    )
    forge = LocalForge(root / "git", office.settings.home / "git-dirs")
    repository = await forge.create_repository("ledger-app", "An app", task.mission_id)
    with open_objects(forge.bare(repository.name)) as objects:
        tree = objects.write_tree([WorkingFile(("src", "invoice_numbers.py"), FILE, b"x = 1\n")])
        objects.commit(tree, "first", Author.named("Jordan"), office.clock.now())
    async with office.outbox.transaction() as tx:
        report = ArtifactDetail(title="The market")
        artifacts.announce(
            tx, task, await artifacts.record(tx, task, "report", "market", "reports/m/market.md", report)
        )
        detail = ArtifactDetail(description="An app", repository=repository.name)
        await artifacts.record(tx, task, "repository", "ledger-app", str(forge.bare(repository.name)), detail)
    await index(office)
    (report,) = await hits(http, "plumbers leeds", kind="report")
    assert (report["kind"], report["title"]) == ("report", "The market")
    assert report["place"].endswith("/market")
    assert report["excerpt"] == "# The market A hundred thousand plumbers in Leeds."  # not what its front matter says
    (code,) = await hits(http, "invoice numbers py", kind="code")
    assert (code["name"], "src/invoice_numbers.py" in code["excerpt"]) == ("ledger-app", True)


async def test_what_changes_is_found_as_it_is_now_and_once(
    office: Company, http: httpx.AsyncClient, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MAX_BATCH_EVENTS", 2)
    (office.settings.shared / "reports").mkdir(parents=True)
    file = office.settings.shared / "reports/x.md"
    for text in ("about walruses", "about narwhals"):
        file.write_text(text)
        async with office.outbox.transaction() as tx:
            made = await artifacts.record(tx, task, "report", "x", "reports/x.md", ArtifactDetail(title="X"))
            artifacts.announce(tx, task, made)
        await index(office)
    assert await hits(http, "walruses") == []
    assert len(await hits(http, "narwhals")) == 1
    async with office.outbox.transaction() as tx:
        await tx.search.read_on(0)  # as after a crash before it was noted
    await index(office)
    assert len(await hits(http, "narwhals")) == 1
