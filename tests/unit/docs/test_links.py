"""Documents lead to each other: no link, anchor or named file is missing, and every page is in the index."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
# `agents/hooks/`, `docs/glossary.md`, `jobs/<job>.py`, `work/tasks/tasks.py: fence`
NAMED = re.compile(
    r"`((?:[\w.<>*-]+/)+(?:[\w<>*-]+\.\w+)?|(?!test_)[\w<>*-]+\.py|[A-Z]+\.md|config\.yaml|\.env\.example)(?:: \w+)?`"
)
AT_RUN_TIME = re.compile(r"(shared|\.damascus)/|(code|checks)/$|README\.md$")
MODULE = re.compile(r"python3? -m ((?:damascus|agents|benchmarks|tests|scripts)[\w.]*)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
CODE = re.compile(r"^(```+)[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
HISTORY = {ROOT / "CHANGELOG.md", *DOCS.glob("decisions/0*.md")}  # they name what there was


def documents() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True)
    found = [ROOT / line for line in listing.stdout.decode().splitlines()] or [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    return [path for path in found if path.exists() and (path.parent == ROOT or DOCS in path.parents)]


def prose(path: Path) -> str:
    return CODE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """A document's anchors as Gitea and GitHub make them; a heading that is there twice counts up."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(path)):
        base = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = sum(1 for anchor in found if re.fullmatch(rf"{re.escape(base)}(-\d+)?", anchor))
        found.add(f"{base}-{number}" if number else base)
    return found


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in LINK.findall(re.sub(r"`[^`\n]*`", "", prose(path))):
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        if re.match(r"https?:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def missing_files(line: str, folder: Path) -> list[str]:
    """Return the files and folders that a line names and that are not there.

    A name is relative to the root, to `damascus/`, to the document, or to a folder that the line names before it.
    """
    missing, folders = [], [ROOT, ROOT / "damascus", folder]
    for name in NAMED.findall(line):
        found = [path for base in folders for path in base.glob(re.sub(r"<\w+>", "*", name))]
        folders += {place for path in found for place in (path, path.parent) if place.is_dir() and place != ROOT}
        if not found and not AT_RUN_TIME.match(name):
            missing.append(name)
    return missing


@pytest.mark.parametrize("path", sorted({*documents()} - HISTORY), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(path: Path) -> None:
    assert not [name for line in prose(path).splitlines() for name in missing_files(line, path.parent)]


def test_a_missing_file_is_noticed() -> None:
    assert missing_files("`damascus/office/`: `jobs/<job>.py`, `daemon.py`, `work/tasks/tasks.py: fence`", DOCS) == []
    gone = ["agents/gone.py", "gone/", "jobs/gone_<job>.py"]
    assert missing_files(f"`damascus/office/`: {' '.join(f'`{name}`' for name in gone)}", DOCS) == gone


@pytest.mark.parametrize("path", sorted({*documents()} - HISTORY), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_a_document_runs_is_there(path: Path) -> None:
    modules = [ROOT / name.replace(".", "/") for name in MODULE.findall(path.read_text(encoding="utf-8"))]
    missing = [
        module for module in modules if not (module.with_suffix(".py").exists() or (module / "__main__.py").exists())
    ]
    assert not missing


def test_the_documents_are_found() -> None:
    assert {ROOT / "README.md", DOCS / "README.md", DOCS / "tutorial/first-mission.md"} <= {*documents()}


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(prose(index))}
    pages = {path for path in documents() if DOCS in path.parents and path.parent.name != "decisions"}
    assert pages - linked == {index}


def test_a_missing_anchor_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One `ceo` (now)\n## GET /api/events\n```sh\n# no heading\n```\n## Two\n## Two\n")
    assert anchors(page) == {"one-ceo-now", "get-apievents", "two", "two-1"}
