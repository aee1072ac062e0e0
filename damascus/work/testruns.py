"""How many tests a run executed, read from what its runner printed.

A runner that says nothing we know counts as no tests. The words of a program can be imitated by the program: this
tells an honest run without tests from one with tests, no more.
"""

import re

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n?OK(?: \((.*)\))?[ \t]*$", re.MULTILINE)
_SKIPPED = re.compile(r"skipped=(\d+)")
_PASSED = (
    re.compile(r"\b(\d+) passed\b[^\n]{0,200} in \d"),  # pytest
    re.compile(r"^\s*Tests:?\s[^\n]{0,200}?\b(\d+) passed\b", re.MULTILINE),  # jest, vitest
    re.compile(r"^\s*(\d+) passing\b", re.MULTILINE),  # mocha
    re.compile(r"^(?:#|ℹ) pass (\d+)\s*$", re.MULTILINE),  # node --test
)


def count_tests(output: str) -> int:
    """Tests that ran and passed; skipped ones do not count."""
    text = _ANSI.sub("", output[-20_000:])
    counts = [_ran(match) for match in _UNITTEST.finditer(text)]
    counts += [int(match.group(1)[:9]) for pattern in _PASSED for match in pattern.finditer(text)]
    return max(counts, default=0)


def _ran(match: re.Match[str]) -> int:
    skipped = _SKIPPED.search(match.group(2) or "")
    return int(match.group(1)[:9]) - (int(skipped.group(1)[:9]) if skipped else 0)
