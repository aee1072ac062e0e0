"""Code of somebody's in the company's store: its history is kept, and the company's work goes beside it."""

import os
import tempfile
from pathlib import Path

import pytest
from pydantic import SecretStr

from damascus.core.clock import SystemClock
from damascus.core.errors import Invalid
from damascus.core.network import addresses
from damascus.core.settings import ForgeSettings
from damascus.forge.adoption import adopt, base_in, clone_refusal, fetch_from, read_origin
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.local import LocalForge
from damascus.forge.port import Repository
from tests.fixtures.code_bases import UNITTEST, commit, git
from tests.fixtures.forges import JORDAN


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge(tmp_path / "shared/git", tmp_path / "private/git-dirs")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return UNITTEST.make(tmp_path / "Their Shop.git")


async def opened(forge: LocalForge, theirs: Path, place: Path) -> Repository:
    code = await forge.adopt(str(theirs), "dir_1")
    found = await forge.create_repository(code.name, "", "dir_1")
    repository = Repository(found.name, found.url, branch="damascus/m", base=code.sha)
    await forge.open_workspace(repository, place)
    return repository


async def test_a_folder_is_cloned_with_its_history_once_for_an_owner(forge: LocalForge, tmp_path: Path) -> None:
    theirs = UNITTEST.make(tmp_path / "shop")
    first = git(theirs, "rev-parse", "HEAD")
    code = await forge.adopt(str(theirs), "dir_1")
    assert (code.name, code.origin, code.base, code.sha) == ("shop", str(theirs), "trunk", first)
    commit(theirs, "Later")
    assert await forge.adopt(str(theirs), "dir_1") == code
    other = await forge.adopt(str(theirs), "dir_2")
    assert (other.name, other.sha) == ("shop-2", git(theirs, "rev-parse", "HEAD"))
    assert git(Path(tmp_path / "shared/git/shop.git"), "log", "--format=%s", "main").splitlines() == [
        "Add what it does", "Begin",
    ]  # fmt: skip


async def test_a_clone_that_was_killed_is_made_again(forge: LocalForge, tmp_path: Path) -> None:
    theirs = UNITTEST.make(tmp_path / "shop")
    draft = tmp_path / "shared/git/.adopting/dir-1.git"
    draft.mkdir(parents=True)
    (draft / "HEAD").write_text("rubbish")
    old = draft.with_name("dir-0.git")
    old.mkdir()
    os.utime(old, (0, 0))
    assert (await forge.adopt(str(theirs), "dir_1")).name == "shop"
    assert not draft.exists()
    assert not old.exists()
    assert [repository.name for repository in await forge.list_repositories()] == ["shop"]


async def test_the_store_may_be_on_another_file_system_than_what_is_private(tmp_path: Path) -> None:
    """In containers they are two mounts: nothing can be renamed from one to the other."""
    theirs, memory = UNITTEST.make(tmp_path / "shop"), Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system here")
    with tempfile.TemporaryDirectory(dir=memory) as private:
        code = await LocalForge(tmp_path / "shared/git", Path(private) / "git-dirs").adopt(str(theirs), "dir_1")
    assert (tmp_path / f"shared/git/{code.name}.git/HEAD").is_file()


async def test_work_goes_to_a_branch_and_main_stays(forge: LocalForge, tmp_path: Path) -> None:
    place, theirs = tmp_path / "private/w/shop", UNITTEST.make(tmp_path / "shop")
    repository = await opened(forge, theirs, place)
    assert await forge.head(repository) is None
    (place / "new.py").write_text("x = 1\n")
    sha = await forge.commit(place, "New", JORDAN)
    assert await forge.push(place, repository) == sha == await forge.head(repository)
    assert await forge.head(Repository(repository.name, "")) == repository.base
    assert [change.path for change in await forge.changes(place, sha or "", repository.base)] == ["new.py"]
    again = tmp_path / "private/w2/shop"
    await forge.open_workspace(repository, again)
    assert (again / "new.py").is_file()


async def test_what_somebody_had_in_spite_of_their_ignore_file_stays(forge: LocalForge, tmp_path: Path) -> None:
    theirs = UNITTEST.make(tmp_path / "shop")
    (theirs / ".gitignore").write_text("dist/\n*.log\n")
    (theirs / "dist").mkdir()
    (theirs / "dist/app.js").write_text("kept")
    (theirs / "a.log").write_text("kept")
    commit(theirs, "Tracked though ignored")
    place = tmp_path / "private/w/shop"
    repository = await opened(forge, theirs, place)
    (place / "dist/other.js").write_text("not theirs")
    (place / "b.log").write_text("not theirs")
    (place / "a.log").write_text("changed")
    (place / "dist/app.js").unlink()
    ignored: list[str] = []
    sha = await forge.commit(place, "Change", JORDAN, ignored=lambda path: ignored.append("/".join(path)))
    changed = await forge.changes(place, sha or "", repository.base)
    assert sorted(change.path for change in changed) == ["a.log", "dist/app.js"]
    assert sorted(ignored) == ["b.log", "dist/other.js"]


async def test_ci_files_that_are_left_out_stay_as_somebody_has_them(forge: LocalForge, tmp_path: Path) -> None:
    theirs = UNITTEST.make(tmp_path / "shop")
    (theirs / ".github/workflows").mkdir(parents=True)
    (theirs / ".github/workflows/ci.yml").write_text("theirs")
    commit(theirs, "CI")
    place = tmp_path / "private/w/shop"
    repository = await opened(forge, theirs, place)
    (place / ".github/workflows/ci.yml").write_text("a model's")
    (place / ".github/workflows/more.yml").write_text("a model's")
    (place / "x").write_text("x")
    sha = await forge.commit(place, "X", JORDAN, lambda path: path[:2] == (".github", "workflows"))
    assert [change.path for change in await forge.changes(place, sha or "", repository.base)] == ["x"]
    await forge.push(place, repository)
    assert await forge.ci_files(repository, sha or "", None) == []
    sent = await forge.commit(place, "CI of a model's", JORDAN)
    await forge.push(place, repository)
    found = await forge.ci_files(repository, sent or "", repository.base)
    assert found == [".github/workflows"]


async def test_in_containers_it_is_said_what_the_office_does_not_have(tmp_path: Path) -> None:
    settings = ForgeSettings(
        kind="gitea", url="http://gitea:3000", public_url="http://127.0.0.1:3000", token=SecretStr("")
    )
    office = GiteaForge(tmp_path / "shared/git", tmp_path / "private/git-dirs", settings, SystemClock())
    with pytest.raises(Invalid, match="in containers it sees no folder of yours"):
        await office.adopt(str(tmp_path / "shop"), "dir_1")
    for origin in ("http://gitea:3000/founder/shop.git", "http://127.0.0.1:3000/founder/shop"):
        with pytest.raises(Invalid, match="founder/shop is at the company's Gitea, for which the office has no token"):
            await office.adopt(origin, "dir_1")


def test_the_branch_is_named_as_the_other_side_names_it() -> None:
    assert base_in("ref: refs/heads/release/2.x\tHEAD\n0123\tHEAD\n") == "release/2.x"
    assert base_in("0123\tHEAD\n") == base_in("ref: refs/heads/a b\tHEAD\n") == "HEAD"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("fatal: couldn't find remote ref HEAD", "no commit"),
        ("fatal: detected dubious ownership in repository", "another user"),
        ("fatal: unable to update url base from redirection", "end in .git"),
        ("fatal: could not read Username for 'https://h'", "clone what is not public yourself"),
        ("error: object 1: badTree: fsck error in packed object", "dangerous"),
        ("", "did not end within 300 s"),
    ],
)
def test_a_clone_that_failed_says_what_to_do(tmp_path: Path, said: str, words: str) -> None:
    assert words in str(clone_refusal(tmp_path, "https://h/a", said))


def test_an_address_is_connected_to_where_it_was_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the second time leads git nowhere: it is told the address."""
    seen: dict[str, str] = {}
    monkeypatch.setattr("damascus.forge.adoption.fetch_head", lambda _bare, _url, env: seen.update(env) or "main")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", ("93.184.216.34", 443))])
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "--quiet", "--bare", "b.git")
    assert (
        fetch_from(read_origin("https://code.example/a/b.git", ()), addresses.is_public)(tmp_path / "b.git") == "main"
    )
    settings = {
        seen[f"GIT_CONFIG_KEY_{n}"]: seen[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(seen["GIT_CONFIG_COUNT"]))
    }
    assert settings["http.curloptResolve"] == "code.example:443:93.184.216.34"
    assert settings["http.followRedirects"] == "false"
    assert settings["credential.helper"] == ""
    assert seen["GIT_ALLOW_PROTOCOL"] == "https"


def test_two_who_adopt_at_once_have_it_once(tmp_path: Path, theirs: Path) -> None:
    root, git_dirs = tmp_path / "shared/git", tmp_path / "private/git-dirs"
    origin = read_origin(str(theirs.rename(tmp_path / "shop")), ())
    first = adopt(root, git_dirs, (origin.text, "dir_1"), fetch_from(origin))

    def fails(_: Path) -> str:
        raise Invalid("it is fetched once only")

    assert adopt(root, git_dirs, (origin.text, "dir_1"), fails) == first
