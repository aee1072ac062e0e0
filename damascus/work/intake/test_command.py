"""Which command runs the tests of code that somebody else wrote: its own files say so, by a table.

Not promised: that it is the one its people use; the CEO may name another.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_TESTS_READ = 200


@dataclass(frozen=True, slots=True)
class Sign:
    """A command, and what tells of it: a file whose path matches, and that says something if `says` is given."""

    command: str
    path: str
    says: str = ""


# the first that a repository shows counts
SIGNS = (
    Sign("npm test", r"package\.json", r'"test"\s*:\s*"(?!echo \\"Error: no test specified)'),
    Sign("node --test", r"(?:.*/)?[^/]+[.-]test\.[cm]?js|tests?/.*\.[cm]?js", r"node:test"),
    Sign("python3 -m pytest", r"pytest\.ini|(?:.*/)?conftest\.py"),
    Sign("python3 -m pytest", r"pyproject\.toml|setup\.cfg|tox\.ini", r"\[(?:tool[.:])?pytest"),
    Sign("python3 -m pytest", r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py", r"(?m)^\s*(?:import pytest|from pytest)\b"),
    Sign("python3 -m pytest", r"(?:.*/)?test_[^/]*\.py", r"(?m)^def test_"),
    Sign("python3 -m unittest discover -s tests", r"tests/test[^/]*\.py", r"unittest"),
    Sign("python3 -m unittest discover -s test", r"test/test[^/]*\.py", r"unittest"),
    Sign("python3 -m unittest discover", r"(?:.*/)?test[^/]*\.py", r"unittest"),
    Sign("make test", r"(?:GNU)?[Mm]akefile", r"(?m)^test\s*:"),
)


def tells_of_tests(path: tuple[str, ...]) -> bool:
    """Return True if the file at a path may be a sign."""
    return any(re.fullmatch(sign.path, "/".join(path)) for sign in SIGNS)


def find_test_command(files: Mapping[str, bytes]) -> str | None:
    """Return the command that runs the tests of a repository with these files, None if nothing tells of one."""
    texts = {path: data.decode(errors="replace") for path, data in sorted(files.items())[:MAX_TESTS_READ]}
    for sign in SIGNS:
        if any(re.fullmatch(sign.path, path) and re.search(sign.says, text) for path, text in texts.items()):
            return sign.command
    return None
