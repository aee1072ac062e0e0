"""Statuses, kinds and roles are members of enums, and rows are what `core/records` says: no room compares texts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("work", "office", "tools", "cli", "staff", "api")
WORDS = frozenset({"kind", "role", "speaker", "status", "type", "after", "before", "effect"})
ON_COLUMNS = frozenset({"deliverable", "detail", "options"})


def modules() -> list[Path]:
    rooms = [ROOT / "agents", *(ROOT / "damascus" / room for room in ROOMS)]
    return sorted(path for room in rooms for path in room.rglob("*.py"))


def texts_compared(source: str) -> Iterator[str]:
    """Find `x.status == "open"`, `x.kind in ("a", "b")` and the like, either way round."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            words = any(isinstance(side, ast.Attribute) and side.attr in WORDS for side in sides)
            if words and any(_has_text(side) for side in sides):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Match) and isinstance(node.subject, ast.Attribute) and node.subject.attr in WORDS:
            patterns = (part for case in node.cases for part in ast.walk(case.pattern))
            if any(isinstance(part, ast.MatchValue) and _has_text(part.value) for part in patterns):
                yield f"line {node.lineno}: match {ast.unparse(node.subject)}"


def subscripts(source: str) -> Iterator[str]:
    """Find `row.detail["name"]` and `task.deliverable.get("kind")`."""
    for node in ast.walk(ast.parse(source)):
        found = node.value if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Attribute) and node.attr in ("get", "setdefault", "items"):
            found = node.value
        if isinstance(found, ast.Attribute) and found.attr in ON_COLUMNS:
            yield f"line {found.lineno}: {ast.unparse(node)}"


def _has_text(node: ast.expr) -> bool:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)


@pytest.mark.parametrize(
    "line",
    [
        'if task.status == "open": pass',
        'if "open" != task.status: pass',
        'if task.kind in ("work", "answer"): pass',
        'if turn.speaker not in {"tool"}: pass',
        'match task.kind:\n    case "work" | "plan": pass',
    ],
)
def test_a_text_in_place_of_a_member_is_found(line: str) -> None:
    assert list(texts_compared(line))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_status_or_kind_is_compared_with_a_text(path: Path) -> None:
    assert list(texts_compared(path.read_text())) == []


def test_what_a_column_holds_has_fields_not_keys() -> None:
    assert list(subscripts('row.detail["name"]'))
    assert list(subscripts('task.deliverable.get("kind")'))
    found = {str(path.relative_to(ROOT)): list(subscripts(path.read_text())) for path in modules()}
    assert {place: lines for place, lines in found.items() if lines} == {}


def test_tables_are_the_ledgers_own() -> None:
    """Rows come from `core/records`; who imports a table would write SQL beside the ledger's."""
    users = [
        str(path.relative_to(ROOT))
        for room in ("damascus", "agents")
        for path in (ROOT / room).rglob("*.py")
        if "damascus.ledger.tables" in path.read_text() and ROOT / "damascus" / "ledger" not in path.parents
    ]
    assert users == []
