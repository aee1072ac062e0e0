"""Limits that only stand in a document drift; these are held."""

import ast
import re
from pathlib import Path

import pytest

from tests.fixtures.tree import ROOT, sources, tracked

MAX_LINES = 400


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(p.relative_to(ROOT)): n for p in tracked("*.py") if (n := len(p.read_text().splitlines())) > MAX_LINES}
    assert not long


def test_the_loop_is_read_in_one_go() -> None:
    assert len((ROOT / "agents" / "base_agent.py").read_text().splitlines()) <= 180


@pytest.mark.parametrize(
    ("names", "home"),
    [
        ({"os.environ", "os.getenv"}, {"damascus/core/settings/environment.py"}),
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
        if ".tasks.transition(" in path.read_text() or ".missions.transition(" in path.read_text()
    ]
    assert all(caller.startswith(allowed) for caller in callers)


def test_every_module_says_why_it_exists() -> None:
    silent = [str(p.relative_to(ROOT)) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert not silent


FENCES = {  # a vendor's library: the rooms, or single modules, that may import it
    "alembic": ("damascus.ledger",),
    "docker": ("damascus.cli",),
    "ddgs": ("damascus.web.search",),
    "dulwich": ("damascus.forge",),
    "fastapi": ("damascus.office",),
    "frontmatter": ("damascus.staff", "damascus.documents.front_matter", "damascus.work.delivery.report_files"),
    "genai_prices": ("damascus.llm",),
    "git": ("damascus.forge", "damascus.doubles.gitea"),
    "httpcore": ("damascus.web",),
    "httpx_sse": ("damascus.api",),
    "json_repair": ("damascus.llm",),
    "lxml": ("damascus.web.parsing",),
    "markdown_it": ("damascus.doubles.gitea", "damascus.documents"),
    "numpy": ("damascus.knowledge.memory.vectors",),
    "openai": ("damascus.llm",),
    "prometheus_client": ("damascus.office.metrics",),
    "protego": ("damascus.web",),
    "pypdf": ("damascus.web.parsing",),
    "redis": ("damascus.bus",),
    "reportlab": ("damascus.documents",),
    "rich": ("damascus.cli",),
    "sqlalchemy": ("damascus.ledger",),
    "starlette": ("damascus.office", "damascus.doubles", "damascus.workshop.service", "damascus.web.service"),
    "trafilatura": ("damascus.web.parsing",),
    "typer": ("damascus.cli",),
    "ulid": ("damascus.core.ids",),
    "uvicorn": ("damascus.office", "damascus.doubles", "damascus.workshop.server", "damascus.web.server"),
    "uvloop": ("agents.main", "damascus.office", "damascus.doubles"),
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(("vendor", "rooms"), FENCES.items(), ids=list(FENCES))
def test_a_vendors_library_is_imported_in_its_own_room_only(vendor: str, rooms: tuple[str, ...]) -> None:
    users = {".".join(p.relative_to(ROOT).with_suffix("").parts) for p in sources() if vendor in imports(p)}
    assert users, f"nothing imports {vendor} any more: take it out of FENCES"
    outside = {user for user in users if not any(user == room or user.startswith(f"{room}.") for room in rooms)}
    assert not outside


def test_no_function_has_more_than_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in tracked("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno > 50
    ]
    assert not long


VAGUE = {"MOST", "LEAST", "LONGEST", "SHORTEST", "BIGGEST", "PATIENCE"}
WAITING = {"TIMEOUT", "PAUSE", "DELAY", "WAIT", "GRACE", "INTERVAL", "TICK", "TTL"}
UNITS = {"SECONDS", "BYTES", "CHARS", "TOKENS", "USD", "TIMEOUT", "MAX", "MIN", "DEFAULT"}


def amounts(path: Path) -> dict[str, str]:
    """Return a module's constants that are numbers, as they are written.

    Flags, which are shifted or in hexadecimal, are no amounts.
    """
    text = path.read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Assign):
            continue
        names, values = node.targets, [node.value]
        if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            names, values = node.targets[0].elts, node.value.elts
        for name, value in zip(names, values, strict=False):
            source = ast.get_source_segment(text, value) or ""
            if isinstance(name, ast.Name) and name.id.isupper() and re.fullmatch(r"[\d_.e*() +-]+", source):
                found[name.id] = source
    return found


def test_a_constant_says_limit_subject_and_unit() -> None:
    """MAX_ or MIN_ stand in front, the unit at the end, and what it is about in between.

    A float is a duration in seconds, or money. A duration may also be a `timedelta`, which says its unit itself.
    """
    wrong = []
    for path in sources():
        for name, value in amounts(path).items():
            words = name.strip("_").split("_")
            is_duration = "." in value and "USD" not in words
            vague = VAGUE & set(words) or set(words) <= UNITS
            inside = {"MAX", "MIN"} & set(words[1:])
            unitless = (is_duration or WAITING & set(words)) and words[-1] != "SECONDS"
            if vague or inside or unitless:
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
    assert not wrong
