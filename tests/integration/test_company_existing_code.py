"""`ceo run --repo`: from code of somebody's with a fault in it to a branch and a pull request that fixes it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.code_bases import CODE_BASES, UNITTEST, CodeBase, git
from tests.fixtures.company import Company, founded, wait_for
from tests.fixtures.gitea import Double, a_double
from tests.fixtures.model import rehearsal

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]  # each waits for up to 150 s


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    with a_double(tmp_path_factory.mktemp("gitea")) as gitea:
        yield gitea


@pytest.fixture(scope="module")
def firm(lonely: Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("firm")
    env = {"GITEA_URL": lonely.url, "GITEA_TOKEN_FILE": str(lonely.folder / "token"), "FORGE": "gitea"}
    with rehearsal(folder) as model, founded(folder / "root", model, env) as company:
        yield company
        company.down()


def run(company: Company, repo: str, directive: str, *more: str) -> dict[str, Any]:
    done = company.ceo("run", directive, "--repo", repo, "--json", "--timeout", "120", *more, seconds=150)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def pulls(gitea: Double, full_name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gitea.ask("GET", f"/repos/{full_name}/pulls?state=all")
    return found


@pytest.mark.parametrize("code", CODE_BASES, ids=lambda code: code.name)
def test_a_planted_fault_is_fixed_on_a_branch_with_a_pull_request_at_gitea(
    firm: Company, lonely: Double, tmp_path: Path, code: CodeBase
) -> None:
    if code.test_command.startswith("n") and shutil.which("node") is None:
        pytest.skip("there is no Node")
    theirs = code.make(tmp_path / code.name)
    before = git(theirs, "rev-parse", "HEAD")
    result = run(firm, str(theirs), code.directive)
    full_name = f"founder/{code.name}"
    (pull,) = wait_for(lambda: pulls(lonely, full_name), "a pull request", 60)
    assert pull["base"]["ref"] == "main"
    assert pull["head"]["ref"] == f"damascus/{result['slug']}"
    assert "It begins from" in pull["body"]
    assert "The mission cost $" in pull["body"]
    assert f"`{code.test_command}`".replace("`", "\\`").split(" ")[0] in pull["body"]
    assert "✓" in pull["body"]
    git(tmp_path, "clone", "--quiet", lonely.clone_url(full_name), str(tmp_path / "copy"))
    copy = tmp_path / "copy"
    assert git(copy, "rev-parse", "origin/main") == before == git(theirs, "rev-parse", "HEAD")
    path, _, new = code.edit
    assert git(copy, "diff", "--name-only", "origin/main", f"origin/{pull['head']['ref']}") == path
    assert new in git(copy, "show", f"origin/{pull['head']['ref']}:{path}")
    assert git(copy, "log", "--format=%s", "origin/main").splitlines() == ["Add what it does", "Begin"]
    shown = wait_for(lambda: firm.mission(result["mission_id"])["repositories"][0]["pull_request"], "its address", 30)
    assert shown == f"{lonely.url}/{full_name}/pulls/{pull['number']}"
    assert [release["tag_name"] for release in lonely.ask("GET", f"/repos/{full_name}/releases")] == []
    assert lonely.ask("GET", f"/repos/{full_name}/issues?state=all&type=issues") == []


def test_code_that_is_at_the_companys_gitea_gets_the_pull_request_there(
    firm: Company, lonely: Double, tmp_path: Path
) -> None:
    theirs = UNITTEST.make(tmp_path / "theirs")
    lonely.ask("POST", "/user/repos", {"name": "shop", "private": True})
    git(theirs, "push", "--quiet", lonely.clone_url("founder/shop"), "HEAD:trunk")
    lonely.ask("PATCH", "/repos/founder/shop", {"default_branch": "trunk", "description": "Our shop"})
    run(firm, f"{lonely.url}/founder/shop.git", UNITTEST.directive)
    (pull,) = wait_for(lambda: pulls(lonely, "founder/shop"), "a pull request", 60)
    assert pull["base"]["ref"] == "trunk"
    assert lonely.ask("GET", "/repos/founder/shop")["description"] == "Our shop"
    shown = git(theirs, "ls-remote", "--heads", lonely.clone_url("founder/shop")).splitlines()
    assert {line.split("refs/heads/")[1] for line in shown} == {"trunk", pull["head"]["ref"]}


def test_without_a_gitea_the_pull_request_is_a_file_and_the_branch_is_in_the_store(tmp_path: Path) -> None:
    theirs = UNITTEST.make(tmp_path / "theirs")
    with rehearsal(tmp_path) as model, founded(tmp_path / "root", model) as company:
        result = run(company, str(theirs), UNITTEST.directive)
        (page,) = result["pull_requests"]
        text = (company.root / "shared" / page).read_text()
        assert "✓" in text
        branch = f"damascus/{result['slug']}"
        git(theirs, "fetch", "--quiet", result["repositories"][0], branch)
        assert f"git fetch {result['repositories'][0]} {branch}" in text
        git(theirs, "merge", "--quiet", "--ff-only", "FETCH_HEAD")
        assert UNITTEST.edit[2] in (theirs / UNITTEST.edit[0]).read_text()
        shown = company.ceo("show", result["slug"]).stdout
        assert str(company.root / "shared" / page) in shown
        assert (company.root / "shared" / f"code/{result['slug']}/theirs.zip").is_file()
        company.down()
