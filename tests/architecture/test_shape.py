"""Limits that only stand in a document drift; these are held."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 400


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True, text=True
    )
    if listing.returncode != 0:
        return [path for room in ("damascus", "agents", "tests", "benchmarks") for path in (ROOT / room).rglob("*.py")]
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).exists()]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(p.relative_to(ROOT)): n for p in tracked() if (n := len(p.read_text().splitlines())) > MAX_LINES}
    assert not long


def sources() -> list[Path]:
    return [p for p in tracked() if p.relative_to(ROOT).parts[0] in ("damascus", "agents")]


@pytest.mark.parametrize(
    ("names", "home"),
    [
        ({"os.environ", "os.getenv"}, {"damascus/core/settings.py"}),
        ({"datetime.now", "datetime.utcnow", "time.time", "time.monotonic"}, {"damascus/core/clock.py"}),
    ],
)
def test_the_environment_and_the_clock_have_one_reader_each(names: set[str], home: set[str]) -> None:
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in names:
                found.add(str(path.relative_to(ROOT)))
    assert found <= home


def test_only_work_writes_a_status() -> None:
    """`.move(` is the one way to change a status, and nobody outside work/ and the repositories calls it."""
    allowed = ("damascus/work/", "damascus/ledger/")
    callers = [
        str(path.relative_to(ROOT))
        for path in sources()
        if ".tasks.move(" in path.read_text() or ".missions.move(" in path.read_text()
    ]
    assert all(caller.startswith(allowed) for caller in callers)


def test_every_module_says_why_it_exists() -> None:
    silent = [str(p.relative_to(ROOT)) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert not silent
