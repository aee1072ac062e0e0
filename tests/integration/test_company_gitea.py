"""A company whose code goes to a Gitea: from `ceo run --forge gitea` to what a person finds there."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.company import Company, founded, wait_for
from tests.fixtures.gitea import Double, a_double
from tests.fixtures.living_files import contents_in
from tests.fixtures.model import rehearsal

pytestmark = pytest.mark.long
CODE = "select * from forge_syncs where kind = 'code' and mission_id = ?"
DIRECTIVE = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    with a_double(tmp_path_factory.mktemp("gitea")) as gitea:
        yield gitea


@pytest.fixture(scope="module")
def firm(lonely: Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("firm")
    env = {"GITEA_URL": lonely.url, "GITEA_TOKEN_FILE": str(lonely.folder / "token")}
    with rehearsal(folder) as model, founded(folder / "root", model, env) as company:
        yield company
        company.down()


def all_closed(gitea: Double, full_name: str, count: int) -> bool:
    found = gitea.ask("GET", f"/repos/{full_name}/issues?state=all&type=issues")
    return [issue["state"] for issue in found] == ["closed"] * count


def check_the_board(gitea: Double, full_name: str, mission: Any) -> None:
    """What a founder finds: a milestone, labels, results with links that lead to reports, and the product as a zip."""
    (milestone,) = gitea.ask("GET", f"/repos/{full_name}/milestones?state=all")
    assert (milestone["state"], milestone["closed_issues"]) == ("closed", len(mission["tasks"]))
    for issue in gitea.ask("GET", f"/repos/{full_name}/issues?state=all"):
        (comment,) = gitea.ask("GET", f"/repos/{full_name}/issues/{issue['number']}/comments")
        assert comment["body"].startswith("**Done.**")
        assert {label["name"].partition("/")[0] for label in issue["labels"]} == {"role", "state"}
        for link in re.findall(r"\]\((\S+)\)", comment["body"]):
            assert gitea.page(link.removeprefix(gitea.url)).status_code == 200, link
    (release,) = gitea.ask("GET", f"/repos/{full_name}/releases")
    assert [asset["name"] for asset in release["assets"]] == [f"{full_name.partition('/')[2]}.zip"]
    readme = gitea.page(f"/founder/company/src/branch/main/reports/{mission['slug']}/README.md")
    assert readme.status_code == 200
    described = gitea.ask("GET", f"/repos/{full_name}")["description"]
    assert "mis_" not in described


def holding(root: Path, secret: str) -> list[Path]:
    return [path for path, content in contents_in(root).items() if secret.encode() in content]


def test_a_mission_ends_with_its_code_at_gitea_its_issues_closed_and_no_token_anywhere(
    firm: Company, lonely: Double, tmp_path: Path
) -> None:
    done = firm.ceo("run", DIRECTIVE, "--forge", "gitea", "--json", "--timeout", "120")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    (url,) = result["repositories"]
    full_name = url.removeprefix(f"{lonely.url}/").removesuffix(".git")
    subprocess.run(["git", "clone", "--quiet", lonely.clone_url(full_name), str(tmp_path / "copy")], check=True)
    head = subprocess.run(["git", "-C", str(tmp_path / "copy"), "rev-parse", "HEAD"], capture_output=True, text=True)
    link = f"{lonely.url}/{full_name}/commit/{head.stdout.strip()}"
    assert link in Path(result["readme"]).read_text()
    assert any(r["text"].endswith("and at the forge") for r in result["receipts"] if r["kind"] == "commit")
    mission = firm.mission(result["mission_id"])
    wait_for(lambda: all_closed(lonely, full_name, len(mission["tasks"])), "an issue per task, closed", 60)
    check_the_board(lonely, full_name, mission)
    assert holding(firm.root, lonely.token) == []


def test_a_gitea_that_is_down_all_through_a_mission_gets_it_afterwards(firm: Company, lonely: Double) -> None:
    lonely.stop()
    done = firm.ceo("run", DIRECTIVE, "--forge", "gitea", "--json", "--timeout", "180", seconds=200)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert f"`ceo show {result['slug']}` says where it is now" in Path(result["readme"]).read_text()
    shown = firm.ceo("show", result["slug"]).stdout
    assert "pending     not at Gitea yet: Gitea at" in shown
    (here,) = result["repositories"]
    assert Path(here).is_dir()
    firm.kill("engineer-1")
    lonely.start()
    (row,) = wait_for(
        lambda: firm.rows(
            f"{CODE} and status = 'synced'",
            result["mission_id"],
        ),
        "the push to go out",
        150,
    )
    assert row["remote_sha"] == row["target_sha"]
    mission = firm.mission(result["mission_id"])
    (repository,) = mission["repositories"]
    assert repository["web_url"].startswith(lonely.url)
    assert lonely.page(repository["web_url"].removeprefix(lonely.url)).status_code == 200
    assert repository["waits"] is None


def test_the_other_forge_is_refused_while_the_company_runs(firm: Company) -> None:
    done = firm.ceo("run", "Build it", "--forge", "local")
    assert done.returncode == 2
    assert done.stderr == "ceo: the company is already running with --forge gitea; run `ceo down` first to change it\n"


def test_the_doctor_looks_at_gitea_and_says_how_to_mend_it(firm: Company, lonely: Double) -> None:
    found = {finding["name"]: finding for finding in firm.json("doctor", FORGE="gitea")}
    assert f"Gitea 1.26.0+stand-in at {lonely.url}, as founder" in found["forge"]["detail"]
    done = firm.ceo("doctor", "--json", FORGE="gitea", GITEA_TOKEN="0" * 40)
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert "set GITEA_TOKEN" in found["forge"]["detail"]
