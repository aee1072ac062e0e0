"""Runs the tests of a commit in a copy of just its files, and reads how many there were from what the runner printed.

Output that no known runner prints counts as no tests. Not promised: that the output is a runner's; a program can print
the same. This tells an honest run without tests from one with tests, no more.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from damascus.core.errors import Invalid
from damascus.core.records.plan import check_test_command
from damascus.core.records.receipts import ReceiptDetail
from damascus.work.receipts.fresh_copy import ExportCommit, fresh_copy
from damascus.workshop.port import CommandResult, Workshop

MAX_OUTPUT_CHARS = 1_500  # that an agent is shown
MAX_SEARCHED_CHARS = 20_000
MAX_NAMED = 5  # packages that the workshop does not have

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n?OK(?: \((.*)\))?[ \t]*$", re.MULTILINE)
_SKIPPED = re.compile(r"skipped=(\d+)")
_PASSED = (
    re.compile(r"\b(\d+) passed\b[^\n]{0,200} in \d"),  # pytest
    re.compile(r"^\s*Tests:?\s[^\n]{0,200}?\b(\d+) passed\b", re.MULTILINE),  # jest, vitest
    re.compile(r"^\s*(\d+) passing\b", re.MULTILINE),  # mocha
    re.compile(r"^(?:#|ℹ) pass (\d+)\s*$", re.MULTILINE),  # node --test
)


@dataclass(frozen=True, slots=True)
class CommitTestResult:
    """Tests passed on a commit if `ok`; `text` says so to people, and to an agent what to do next."""

    ok: bool
    text: str
    detail: ReceiptDetail


async def run_tests(workshop: Workshop, checks: Path, export: ExportCommit, sha: str, command: str) -> CommitTestResult:
    """Run the tests of the commit that `export` writes into a new folder of `checks`.

    Raises:
        Invalid: if the command does not run tests.
        Unavailable: if there is nothing to run it in now.
    """
    try:
        check_test_command(command)
    except ValueError as error:
        raise Invalid(str(error)) from error
    async with fresh_copy(checks, export, sha) as folder:
        ended = await workshop.run(command, folder)
    tests = count_tests(ended.output)
    detail = ReceiptDetail(
        commit=sha, command=command, exit_code=ended.exit_code, seconds=round(ended.seconds, 3), tests=tests
    )
    return CommitTestResult(ended.exit_code == 0 and tests > 0, _text(command, sha, ended, tests), detail)


def count_tests(output: str) -> int:
    """Return how many tests ran and passed; skipped ones do not count."""
    text = _ANSI.sub("", output[-MAX_SEARCHED_CHARS:])
    counts = [_ran(match) for match in _UNITTEST.finditer(text)]
    counts += [int(match.group(1)[:9]) for pattern in _PASSED for match in pattern.finditer(text)]
    return max(counts, default=0)


def _ran(match: re.Match[str]) -> int:
    skipped = _SKIPPED.search(match.group(2) or "")
    return int(match.group(1)[:9]) - (int(skipped.group(1)[:9]) if skipped else 0)


def _text(command: str, sha: str, ended: CommandResult, tests: int) -> str:
    where = f"`{command}` in a fresh copy of {sha[:12]}"
    if ended.exit_code != 0:
        end = "ran out of time" if ended.timed_out else f"ended with exit {ended.exit_code}"
        return f"{where} {end}: fix it, commit and push. Last lines of its output:\n{ended.output[-MAX_OUTPUT_CHARS:]}"
    if tests == 0:
        output = ended.output[-MAX_OUTPUT_CHARS:]
        return f"{where} ran no test: write tests that it finds, commit and push. Last lines of its output:\n{output}"
    without = ", ".join(ended.missing[:MAX_NAMED])
    lacking = f", without {without}, which it declares and the workshop does not have" if without else ""
    return f"{where} ran {tests} tests and all passed{lacking}"
