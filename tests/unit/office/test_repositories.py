"""A repository at the office: found by id or name, its commits with their receipts, folders in pages, files bounded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.authors import Author
from damascus.core.records.receipts import ReceiptDetail, ReceiptKind
from damascus.core.settings import CompanySettings
from damascus.office.app import create_app
from damascus.office.dependencies import forge_of
from damascus.work import artifacts
from damascus.work.receipts.issue import CheckResult, receipts_of, write
from tests.fixtures.story import claim, planned, running_mission, task_of

TOKEN = "a-token"
JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")
FOLDER = [f"f{number}" for number in range(5)]


@pytest.fixture
def home(office: Company, tmp_path: Path) -> Company:
    places = CompanySettings(shared=tmp_path / "shared", home=tmp_path / "home")
    return replace(office, settings=office.settings.model_copy(update={"company": places}))


@pytest.fixture
async def http(home: Company) -> Any:
    transport = httpx.ASGITransport(create_app(home, TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def repository(home: Company, place: Path, messages: tuple[str, ...] = ("Begin",)) -> tuple[Artifact, list[str]]:
    """A mission's repository `app` with files, and the shas of its commits, the last of them tested."""
    mission = await running_mission(home.outbox, planned("a"))
    task = await claim(home.outbox, await task_of(home.outbox, mission, "a"))
    forge = forge_of(home)
    made = await forge.create_repository("app", "An app", mission.id)
    place.mkdir(parents=True)
    await forge.open_workspace(made, place)
    (place / "src").mkdir()
    for name in FOLDER:
        (place / "src" / name).write_text("x")
    (place / "app.py").write_text("é" * 200_000)
    (place / "picture").write_bytes(b"\x89PNG\0\xff")
    shas = []
    for number, message in enumerate(messages):
        (place / "count").write_text(str(number))
        shas.append(str(await forge.commit(place, message, JORDAN)))
    await forge.push(place, made)
    async with home.outbox.transaction() as tx:
        detail = ArtifactDetail(repository=made.name)
        row = await artifacts.record(tx, task, ArtifactKind.REPOSITORY, "app", made.url, detail)
        pushed = ArtifactDetail(message=messages[-1], pushed=True, repository="app")
        await artifacts.record(tx, task, ArtifactKind.COMMIT, shas[-1], "somewhere", pushed)
        checks = [CheckResult(ReceiptKind.TESTS, True, "3 tests", ReceiptDetail(commit=shas[-1], tests=3))]
        await write(tx, receipts_of(task, checks, tx.now))
    return row, shas


async def get(http: httpx.AsyncClient, door: str, /, **query: Any) -> Any:
    answer = await http.get(f"/api/repositories/{door}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_commits_have_the_receipts_of_exactly_them(
    home: Company, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    row, shas = await repository(home, tmp_path / "place", ("One", "Two", "Three"))
    first = await get(http, f"{row.id}/commits", limit=2)
    rest = await get(http, f"{row.id}/commits", limit=2, after=first["next"])
    assert [one["sha"] for one in first["items"] + rest["items"]] == shas[::-1]
    assert rest["next"] is None
    newest, older = first["items"]
    assert [(one["kind"], one["detail"]["tests"]) for one in newest["receipts"]] == [("tests", 3)]
    assert (newest["link"], newest["author"]) == ("somewhere", "Jordan Kim <jordan.kim@damascus.local>")
    assert (older["receipts"], older["link"], older["task_id"]) == ([], None, None)
    assert (await http.get(f"/api/repositories/{row.id}/commits", params={"after": "x"})).status_code == 404


async def test_a_name_opens_its_newest_repository_and_an_id_any(
    home: Company, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    first, _ = await repository(home, tmp_path / "first")
    second, _ = await repository(home, tmp_path / "second")
    assert (await get(http, "app"))["id"] == second.id
    assert (await get(http, first.id))["mission_id"] == first.mission_id
    listed = (await http.get("/api/repositories")).json()["items"]
    assert [one["id"] for one in listed] == [second.id, first.id]
    for unknown in ("nothing", "..", "%2e%2e%2fshared", first.mission_id):
        assert (await http.get(f"/api/repositories/{unknown}/tree")).status_code == 404


async def test_a_folder_comes_in_pages(home: Company, http: httpx.AsyncClient, tmp_path: Path) -> None:
    row, (sha,) = await repository(home, tmp_path / "place")
    top = await get(http, f"{row.id}/tree")
    assert (top["sha"], [one["name"] for one in top["items"]]) == (sha, ["app.py", "count", "picture", "src"])
    first = await get(http, f"{row.id}/tree", path="src", limit=3)
    rest = await get(http, f"{row.id}/tree", path="/src/", limit=3, after=first["next"], sha=sha)
    assert [one["path"] for one in first["items"] + rest["items"]] == [f"src/{name}" for name in FOLDER]
    assert rest["next"] is None
    assert (await get(http, f"{row.id}/tree", path="src", limit=5))["next"] is None


async def test_files_are_text_up_to_a_bound_and_what_is_no_text_is_not_sent(
    home: Company, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    row, _ = await repository(home, tmp_path / "place")
    assert (await get(http, f"{row.id}/file", path="count"))["text"] == "0"
    large = await get(http, f"{row.id}/file", path="app.py")
    assert (large["size"], large["is_cut"], len(large["text"])) == (400_000, True, 131_072)
    picture = await get(http, f"{row.id}/file", path="picture")
    assert (picture["text"], picture["size"], picture["is_cut"]) == (None, 6, False)


@pytest.mark.parametrize("path", ["src", "", "none", "../home/token", "/etc/passwd", "src/..", "a/" * 200, "\ud800"])
async def test_no_path_leads_anywhere_but_to_files_of_the_commit(
    home: Company, http: httpx.AsyncClient, tmp_path: Path, path: str
) -> None:
    row, _ = await repository(home, tmp_path / "place")
    query = {"path": path.encode(errors="surrogatepass")} if path == "\ud800" else {"path": path}
    answer = await http.get(f"/api/repositories/{row.id}/file", params=query)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_commit_that_is_none_is_refused(home: Company, http: httpx.AsyncClient, tmp_path: Path) -> None:
    row, _ = await repository(home, tmp_path / "place")
    for sha, status in (("f" * 40, 404), ("main", 422), ("--all", 422), ("F" * 40, 422)):
        assert (await http.get(f"/api/repositories/{row.id}/tree", params={"sha": sha})).status_code == status
