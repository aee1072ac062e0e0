"""The oldest versions: how they are compared, and that every page and script names the same."""

import re
import tomllib
from pathlib import Path

import pytest

from damascus.core.minimums import NEEDED, SAFE, below_safe, is_older

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("version", "minimum", "older"),
    [
        ("git version 2.31.9", "2.32", True),
        ("git version 2.32.0", "2.32", False),
        ("git version 2.39.5 (Apple Git-154)", "2.32", False),
        ("git version 2.100.0", "2.32", False),
        ("7", "7.0", False),
        ("7.0", "7", False),
        ("6.2.14", "6.2", False),
        ("6.10", "6.2", False),
        ("10.0", "9.9", False),
        ("20", "20.10", True),
        ("3.34.1", "3.35", True),
        ("what is a version?", "1.0", None),
        ("", "1.0", None),
    ],
)
def test_numbers_are_compared_as_numbers_whatever_stands_around_them(
    version: str, minimum: str, older: bool | None
) -> None:
    assert is_older(version, minimum) is older


def test_a_safe_version_is_its_own_and_later_ones() -> None:
    assert below_safe("gitea", "1.27.1") is None
    assert below_safe("gitea", "1.28.0+dev-12-gabc") is None
    assert "CVE-2026-60004" in (below_safe("gitea", "1.27.0") or "")
    assert "1.84.0" in (below_safe("litellm", "1.82.7") or "")
    assert below_safe("gitea", "of our own making") is None
    assert below_safe("gitea", "1.0.0+stand-in") is None


def rows_of(page: str) -> list[tuple[str, ...]]:
    return [
        tuple(cell.strip() for cell in line.strip("|").split("|")[:3])
        for line in (ROOT / page).read_text().splitlines()
        if line.startswith("|")
    ]


def test_the_readme_names_what_is_needed_and_nothing_else() -> None:
    rows = rows_of("README.md")
    begin = rows.index(("what", "at least", "because of"))
    needed = [(minimum.name, minimum.version, minimum.because) for minimum in NEEDED.values()]
    assert rows[begin + 2 : begin + 2 + len(needed)] == needed
    assert len(rows[begin + 2 + len(needed)]) < 3 or rows[begin + 2 + len(needed)] not in needed


def test_the_page_of_versions_names_what_is_safe() -> None:
    rows = rows_of("docs/how-to/versions.md")
    for minimum in SAFE.values():
        assert (minimum.name, minimum.version, minimum.because) in rows


def test_the_scripts_that_run_before_there_is_a_python_name_the_same_versions() -> None:
    setup = (ROOT / "scripts" / "setup").read_text()
    for name in ("python", "sqlite", "uv", "git"):
        assert re.search(rf"^oldest_{name}={re.escape(NEEDED[name].version)}\b", setup, re.MULTILINE), name
    assert f"sys.version_info < ({NEEDED['python'].version.replace('.', ', ')})" in (ROOT / ".ci" / "run").read_text()
    assert f"OLDEST_PYTHON = ({NEEDED['python'].version.replace('.', ', ')})" in (ROOT / "ceo_cli.py").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={NEEDED['python'].version}"


def test_no_other_page_names_another_version() -> None:
    said = {
        "README.md": [("Python", "python"), ("Compose", "compose")],
        "CONTRIBUTING.md": [("Python", "python")],
        "docs/tutorial/first-mission.md": [("Python", "python")],
        "docs/how-to/docker.md": [("Docker Engine", "docker"), ("Compose", "compose")],
        "docs/how-to/workshop.md": [("Linux", "linux")],
    }
    for page, programs in said.items():
        text = (ROOT / page).read_text()
        for title, name in programs:
            for version in re.findall(rf"{title} (\d+\.\d+) or newer", text):
                assert version == NEEDED[name].version, f"{page}: {title} {version}"
