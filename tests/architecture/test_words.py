"""Words that are out of use stay out of use: in names, docstrings, messages, prompts and documents."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.tree import ROOT, sources, tracked

# Translated English, and words that meant several things: a pattern, and what to write instead.
WORDS = {
    r"mend(s|ed|ing)?": "fix",
    r"who(m)?ever": "the one who does it: the caller, another worker, the office",
    r"(go|goes|gone|went|going) about": "handle",
    r"troubles?": "problem, error",
    r"errands?": "pending sync",
    r"briefings?": "context",
    r"colophons?": "summary footer",
    r"amiss": "wrong, out of date",
    r"anew": "again, from the beginning",
    r"(go|goes|gone|went) on": "continue, resume",
    r"under way": "in progress, in flight",
    r"for good": "durably, permanently",
    r"of ours": "of the company, internal",
    r"(stood|stands?) still": "was suspended, stalled",
    r"(brings?|brought) (it |one \w+ )?out": "sync, publish",
    r"(lays?|laid) out": "write to, export",
    r"(come|came) to work": "start",
    r"(takes?|took|taken) (in|up)": "accept, claim",
    r"(go|goes|went|gone) out": "be sent, be pushed",
    r"will not do": "cannot be used",
    r"(?<!there )(is|are) no (?!longer|more|less)": "is not a",
    r"lies? (at|beside|in|on|under|where)": "is",
    r"once more": "again",
    r"the like": "and so on",
    r"doors?": "entry point",
    r"house (?!rules)": "the company",
    r"sub-tasks?": "subtask",
    r"tickets?": "issue",
    r"handed on": "delegated, passed on",
    r"(earlier|former) li(fe|ves)": "an earlier process",
    r"signs? of life|shows? life": "heartbeat",
}
# What a thing was called before, as a part of a name in the program.
NAMES = {
    "approval": "item",
    "approvals": "desk items",
    "errand": "pending sync",
    "brief": "context",
    "ending": "outcome",
    "endings": "outcomes",
    "evidence": "receipts",
    "held": "reserved, leased",
    "orphans": "orphaned calls",
    "outgoing": "forge sync",
    "recipe": "process spec",
    "recipes": "process specs",
    "uncut": "run_to_completion",
}
ALLOWED_PARTS = {  # where such a part has a meaning of its own: what a memory rests on
    ("evidence", "damascus/core/records/memories.py"),
    ("evidence", "damascus/knowledge/memory/"),
    ("evidence", "damascus/tools/memory/"),
    ("evidence", "damascus/api/schemas/memories.py"),
}
TEXTS = ("*.py", "*.md", "*.yaml", "*.yml", "*.toml", ".env.example", "Makefile", "scripts/*")
HISTORY = ("CHANGELOG.md", "docs/decisions/", "damascus/ledger/migrations/")
DATA = ("damascus/doubles/model/staff/lines/",)  # texts of invented businesses
ALLOWED = {  # where an old name is kept for one release, or is a picture
    ("mend", "damascus/cli/commands/company.py"),
    ("door", "ARCHITECTURE.md"),
}


def texts() -> Iterator[tuple[str, Path]]:
    """Yield what people read, with its name; tests tell their own stories."""
    for path in tracked(*TEXTS):
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and not name.startswith((*HISTORY, *DATA, "tests/")):
            yield name, path


def apart(text: str) -> str:
    """Return a text with the words of its identifiers apart: `under_way` and `UnderWay` become `under way`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text).lower()


def uses(word: str, text: str) -> list[tuple[int, str]]:
    """Return where a text uses a word: the numbers of the lines, and what is there."""
    pattern = re.compile(rf"\b(?:{word})(?:\b|(?<= ))")
    lines = enumerate(text.splitlines(), start=1)
    return [(number, found.group()) for number, line in lines if (found := pattern.search(apart(line)))]


def is_allowed(part: str, path: Path) -> bool:
    place = path.relative_to(ROOT).as_posix()
    return any(part == allowed and place.startswith(where) for allowed, where in ALLOWED_PARTS)


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


@pytest.mark.parametrize("word", WORDS)
def test_no_text_uses_a_word_that_is_out_of_use(word: str) -> None:
    found = [
        f"{name}:{number}: {use}"
        for name, path in texts()
        for number, use in uses(word, path.read_text(encoding="utf-8"))
        if (use, name) not in ALLOWED
    ]
    assert not found, f"write instead: {WORDS[word]}"


def test_no_name_has_a_part_that_is_out_of_use() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}: {NAMES[part]}"
        for path in sources()
        if not path.relative_to(ROOT).as_posix().startswith(HISTORY)
        for name in (path.stem, *names_in(ast.parse(path.read_text(encoding="utf-8"))))
        for part in apart(name).split()
        if part in NAMES and not is_allowed(part, path)
    }
    assert not found


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (r"under way", "def under_way(): ..."),
        (r"mend(s|ed|ing)?", "Mending it"),
        (r"house (?!rules)", "the House of cards"),
        (r"(?<!there )(is|are) no (?!longer|more|less)", "this is no directive"),
    ],
)
def test_a_word_that_is_out_of_use_is_found(word: str, text: str) -> None:
    assert word in WORDS
    assert uses(word, text)


@pytest.mark.parametrize("text", ["recommended", "## House rules", "there is no directive", "it is no longer there"])
def test_a_word_that_is_in_use_is_not_found(text: str) -> None:
    assert not [word for word in WORDS if uses(word, text)]
