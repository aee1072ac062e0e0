"""`ceo reports` and `read`: at the office, from the files while the company is down, and as a page or a PDF."""

from pathlib import Path

import pytest

from tests.unit.cli.scripted import mission, report
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice

FRONT = """---
title: On bread
mission: {mission}
task: task_1
author: Sarah Okafor, PM
created_at: '{at}'
sources: [e1]
---
"""
BODY = """
# On bread

It sells [e1](#e1). \x1b[31m

| month | USD |
|---|---|
| 1 | 10 |
| 2 | 20 |
| 3 | 30 |

#### e1

x
"""


def put(folder: Path, mission: str, name: str, at: str = "2026-01-01T00:00:00+00:00") -> Path:
    path = folder / "shared" / "reports" / mission / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FRONT.format(mission=mission, at=at) + BODY)
    return path


@pytest.fixture
def shelf(company_folder: Path) -> Path:
    """A company that is down, with two missions."""
    put(company_folder, "bakery", "ideas")
    put(company_folder, "gym", "ideas", "2026-02-01T00:00:00+00:00")
    put(company_folder, "gym", "README", "2026-02-02T00:00:00+00:00")
    return company_folder


def test_reports_are_listed_and_read_while_the_company_is_down(shelf: Path, ceo: Ceo) -> None:
    listed = ceo("reports")
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == ["gym/README", "gym/ideas", "bakery/ideas"]
    assert listed.err.startswith("the company is not running; this is from ")
    assert (listed.code, ceo("reports", "bak").out.count("bakery/ideas")) == (0, 1)
    read = ceo("read", "ideas")
    assert read.out.startswith("# On bread\n\nIt sells [e1](#e1). ?[31m\n")
    assert ceo("read", "bakery/ideas", "--json").json["mission_slug"] == "bakery"
    assert ceo("read", "ideas", "--json").json["mission_slug"] == "gym", "the newest that has it"


def test_what_is_not_on_the_shelf_is_said_in_one_line(shelf: Path, ceo: Ceo) -> None:
    for words, said in [
        (("read", "prices"), "ceo: there is no report 'prices'\n"),
        (("read", "shop/ideas"), "ceo: there is no mission 'shop'\n"),
        (("reports", "shop"), "ceo: there is no mission 'shop'\n"),
    ]:
        answer = ceo(*words)
        assert (answer.code, answer.out, answer.err) == (2, "", said)


def test_without_any_report_the_list_is_empty(company_folder: Path, ceo: Ceo) -> None:
    assert ceo("reports").out == "no reports yet\n"


def test_a_link_and_what_is_no_text_are_no_reports(shelf: Path, ceo: Ceo) -> None:
    secret = shelf / "secret.md"
    secret.write_text("password")
    (shelf / "shared/reports/gym/link.md").symlink_to(secret)
    (shelf / "shared/reports/gym/bytes.md").write_bytes(b"\xff\xfe")
    (shelf / "shared/reports/gym/large.md").write_bytes(b"x" * 1_000_001)
    assert ceo("reports", "gym").out.count("gym/") == 2


def test_a_report_becomes_a_page_beside_it_and_its_path_is_said(shelf: Path, ceo: Ceo) -> None:
    page = shelf / "shared/reports/gym/ideas.html"
    assert ceo("read", "gym/ideas", "--html").out == f"written: {page}\n"
    assert page.read_text().count("<svg") == 1
    assert "password" not in page.read_text()
    assert sorted(path.name for path in page.parent.iterdir()) == ["README.md", "ideas.html", "ideas.md"]
    assert ceo("read", "gym/ideas", "--pdf", "--json").json["path"] == str(page.with_suffix(".pdf"))
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert [line for line in ceo("reports").out.splitlines() if "gym/" in line] == [
        line for line in ceo("reports").out.splitlines() if line.startswith(("gym/README ", "gym/ideas "))
    ], "what was made of a report is none"


def test_a_page_goes_where_it_is_told(shelf: Path, ceo: Ceo, tmp_path: Path) -> None:
    assert ceo("read", "gym/ideas", "--html", "--output", "page.html").out == f"written: {shelf / 'page.html'}\n"
    refused = ceo("read", "gym/ideas", "--pdf", "--output", str(tmp_path / "none" / "x.pdf"))
    assert refused.code == 2
    assert refused.err.splitlines()[-1].endswith("give another place with --output")
    for words in (("--html", "--pdf"), ("--output", "x")):
        assert ceo("read", "gym/ideas", *words).code == 2


def test_what_the_pdfs_fonts_lack_is_said(shelf: Path, ceo: Ceo) -> None:
    path = put(shelf, "gym", "signs")
    path.write_text(f"{path.read_text()}\n中\n")
    said = ceo("read", "signs", "--pdf")
    assert "the PDF's fonts lack 中; a page made with --html shows it" in said.err


def test_a_report_of_an_office_elsewhere_becomes_a_page_in_this_folder(
    office: ScriptedOffice, ceo: Ceo, company_folder: Path
) -> None:
    office.missions = [mission("mis_1", "an-app", reports=[report("mis_1", "an-app", "ideas")])]
    assert ceo("read", "ideas", "--html").out == f"written: {company_folder / 'an-app-ideas.html'}\n"
    assert "[bold]words[/bold]" in (company_folder / "an-app-ideas.html").read_text()
