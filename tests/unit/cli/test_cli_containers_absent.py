"""`ceo logs`, `ceo scale` and paths where the company is not in containers, or its office is."""

from pathlib import Path

from damascus.api import schemas
from tests.unit.cli.scripted import mission, report
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice


def test_logs_without_containers_reads_the_files_of_the_processes(company_folder: Path, ceo: Ceo) -> None:
    logs = company_folder / ".damascus" / "logs"
    logs.mkdir(parents=True)
    (logs / "engineer-1.log").write_text("first\nsecond\nthird \x1b[2J\n")
    (logs / "vp-1.log").write_text("planned\n")
    shown = ceo("logs", "engineer", "--tail", "2").out
    assert shown == "engineer-1 | second\nengineer-1 | third ?[2J\n"
    assert "vp-1 | planned" in ceo("logs").out


def test_logs_of_an_unknown_process_names_those_there_are(company_folder: Path, ceo: Ceo) -> None:
    said = ceo("logs", "nobody")
    assert (said.code, "nothing was logged" in said.err) == (2, True)
    (company_folder / ".damascus" / "logs").mkdir(parents=True)
    (company_folder / ".damascus" / "logs" / "vp-1.log").write_text("x\n")
    assert "known: vp-1" in ceo("logs", "nobody").err


def test_scale_without_containers_says_how_to_have_some(company_folder: Path, ceo: Ceo) -> None:
    said = ceo("scale", "engineer=3")
    assert said.code == 4
    assert "docker compose up" in said.err


def test_files_are_shown_where_they_are_here_though_the_office_knows_them_by_other_names(
    company_folder: Path, office: ScriptedOffice, ceo: Ceo
) -> None:
    here = company_folder / "shared" / "reports" / "an-app" / "ideas.md"
    here.parent.mkdir(parents=True)
    here.write_text("x")
    (company_folder / "shared" / "git" / "app.git").mkdir(parents=True)
    repositories = [
        schemas.Repository(mission_id="mis_1", name=name, url=url, head=None, commits=[])
        for name, url in (("app", "/company/shared/git/app.git"), ("web", "http://127.0.0.1:3000/founder/app.git"))
    ]
    office.missions = [
        mission(
            "mis_1", "an-app", repositories=repositories,
            reports=[report("mis_1", "an-app", "ideas"), report("mis_1", "an-app", "elsewhere")],
        )
    ]  # fmt: skip
    shown = ceo("show").out
    assert str(here) in shown
    assert "/there/reports/an-app/elsewhere.md" in shown
    assert str(company_folder / "shared" / "git" / "app.git") in shown
    assert "http://127.0.0.1:3000/founder/app.git" in shown
