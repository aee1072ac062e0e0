"""Another Gitea, or the same one emptied, where numbers and names are other people's."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import NotFound
from damascus.core.records.authors import Author
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.port import Repository
from tests.fixtures.forges import board_of
from tests.fixtures.gitea import Double, a_double

JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")


def forge_at(gitea: Double, folder: Path, **settings: str) -> GiteaForge:
    return GiteaForge(folder / "git", folder / "git-dirs", gitea.settings(**settings), SystemClock())


async def publish_app(forge: GiteaForge, folder: Path) -> Repository:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, folder / "work")
    (folder / "work/a").write_text("a")
    await forge.commit(folder / "work", "Begin", JORDAN)
    await forge.push(folder / "work", repository)
    return await forge.publish(repository)


@pytest.mark.parametrize("name", ["theirs", "app"])
async def test_at_another_gitea_the_repository_that_has_our_number_is_left_alone(
    name: str, gitea: Double, tmp_path: Path
) -> None:
    with a_double(tmp_path / "other") as other:
        there = await publish_app(forge_at(gitea, tmp_path), tmp_path)
        for number in range(int(there.remote_id or 0)):  # theirs is the last of them
            other.ask("POST", "/user/repos", {"name": f"theirs-{number}"})
        theirs = other.ask("GET", f"/repositories/{there.remote_id}")
        other.ask("PATCH", f"/repos/{theirs['full_name']}", {"name": name, "description": "Theirs"})
        with pytest.raises(NotFound, match="not at Gitea any more"):
            await forge_at(other, tmp_path).track(there, board_of())
        moved = await forge_at(other, tmp_path).publish(there)
        assert moved.remote_id != there.remote_id
        assert moved.web_url == f"{other.url}/founder/{'app' if name == 'theirs' else 'app-2'}"
        left = other.ask("GET", f"/repositories/{there.remote_id}")
        assert (left["name"], left["description"], left["empty"]) == (name, "Theirs", True)
        assert await forge_at(other, tmp_path).publish(there) == moved


async def test_at_a_gitea_that_was_emptied_the_repository_that_has_our_number_now_is_left_alone(tmp_path: Path) -> None:
    with a_double(tmp_path / "gitea") as gitea:
        there = await publish_app(forge_at(gitea, tmp_path), tmp_path)
        gitea.stop()
        shutil.rmtree(tmp_path / "gitea/root")
        gitea.start()
        gitea.ask("POST", "/user/repos", {"name": "theirs"})
        assert gitea.ask("GET", f"/repositories/{there.remote_id}")["name"] == "theirs"
        again = await forge_at(gitea, tmp_path).publish(there)
        assert (again.web_url, again.remote_id != there.remote_id) == (there.web_url, True)
        assert gitea.ask("GET", "/repos/founder/theirs")["empty"]


async def test_where_the_companys_own_store_is_lost_the_board_goes_on_where_it_was(
    gitea: Double, tmp_path: Path
) -> None:
    there = await publish_app(forge_at(gitea, tmp_path), tmp_path)
    shutil.rmtree(tmp_path / "git/app.git")
    assert (await forge_at(gitea, tmp_path).track(there, board_of())).problem is None
    with pytest.raises(NotFound):  # under another name there is no proof left
        await forge_at(gitea, tmp_path).track(replace(there, web_url=f"{gitea.url}/founder/other"), board_of())
