"""One word, one thing: the glossary's terms are in the code, and no name of the code has two homes."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.fixtures.tree import ROOT, sources

GLOSSARY = ROOT / "docs/glossary.md"
ENTRY = re.compile(
    r"- (?:\*\*(?P<term>[^*]+)\*\* \((?:`(?P<name>[A-Za-z_.]+)`, )?`(?P<path>[\w/.]+)`\)|\*(?P<idea>[^*]+)\*): \S.*"
)


class Entry(NamedTuple):
    """`name` and `path` are where the code has it: no name if it is a module, neither if it is an idea."""

    term: str
    name: str | None
    path: str | None


def sections() -> list[list[Entry]]:
    """Return the glossary's entries; raises AssertionError for one of another form."""
    found = []
    for section in GLOSSARY.read_text(encoding="utf-8").split("\n## ")[1:]:
        lines = [line for line in section.splitlines()[1:] if line]
        entries = [(line, ENTRY.fullmatch(line)) for line in lines]
        assert not [line for line, entry in entries if entry is None]
        found.append([Entry(e["term"] or e["idea"], e["name"], e["path"]) for _, e in entries if e])
    return found


def entries() -> list[Entry]:
    return [entry for section in sections() for entry in section]


def names_of(node: ast.stmt) -> set[str]:
    """Return what a statement defines: a class or function with a class's members, or an assigned name."""
    if isinstance(node, ast.ClassDef):
        return {node.name} | {f"{node.name}.{member}" for inner in node.body for member in names_of(inner)}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def defined(path: Path) -> set[str]:
    return {name for node in ast.parse(path.read_text(encoding="utf-8")).body for name in names_of(node)}


def homes() -> dict[str, list[str]]:
    """Return each class and alias with the modules that define it.

    The API's schemas share nouns with the rows that they show: `schemas.Mission` beside `records.Mission`.
    """
    found: dict[str, list[str]] = {}
    for path in sources():
        place = str(path.relative_to(ROOT))
        if place.startswith(("damascus/api/schemas/", "damascus/ledger/migrations/")):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(place)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name[0].isupper() and not name.isupper() and "_" not in name and not name.endswith("T"):  # TypeVars
                    found.setdefault(name, []).append(place)
    return found


def test_no_class_or_alias_has_two_homes() -> None:
    assert {name: places for name, places in homes().items() if len(places) > 1} == {}


def test_each_term_is_defined_where_the_glossary_says() -> None:
    wrong = []
    for term, name, path in entries():
        if path is None:
            continue
        place = ROOT / path
        if name is None:
            there = (place / "__init__.py").exists() if path.endswith("/") else place.is_file()
        else:
            there = place.is_file() and name in defined(place)
        if not there:
            wrong.append((term, name, path))
    assert not wrong


def test_an_idea_without_code_bears_the_name_of_no_class() -> None:
    known = homes()
    assert not [term for term, _, path in entries() if path is None and "".join(term.title().split()) in known]


def test_terms_are_unique_and_so_is_what_they_name() -> None:
    terms = Counter(entry.term.lower() for entry in entries())
    things = Counter((entry.name, entry.path) for entry in entries() if entry.path)
    assert not [found for counts in (terms, things) for found, count in counts.items() if count > 1]


def test_terms_are_sorted_within_their_section() -> None:
    for section in sections():
        terms = [entry.term.lower() for entry in section]
        assert terms == sorted(terms)
