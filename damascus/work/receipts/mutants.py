"""Whether tests test: faults are made in what a commit changed, one at a time, and the tests must notice.

Each fault is tried in a fresh copy, in the workshop, within a time limit. Not promised: that a fault which nobody
notices matters; some change nothing that anybody could see, which is why not all have to be caught
(docs/decisions/0035-tests-must-notice-faults.md).
"""

import asyncio
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.text import one_line
from damascus.forge.port import FileChange
from damascus.work.receipts.fresh_copy import ExportCommit, fresh_copy
from damascus.work.receipts.mutator import MAX_FILE_BYTES
from damascus.workshop.port import Workshop

MAX_MUTANTS = 12
AT_ONCE = 2
MAX_FILES = 50
MAX_PARTS_OF_FILE = 500
MAX_TOLD_CHARS = 40_000  # of what the program is told: a command takes no more than 100,000 bytes
MAX_SHOWN_CHARS = 220
MAX_SURVIVORS_SHOWN = 6
MAKING_SECONDS = 20.0
MIN_RUN_SECONDS = 10.0
_MUTATED = re.compile(r".*\.(?:py|js|mjs|cjs|ts|mts)", re.DOTALL)
_TESTS = re.compile(
    r"(?:.*/)?(?:(?:tests?|__tests__|spec)/.*|test_[^/]*|[^/]*_test\.py|[^/]*\.(?:test|spec)\.[^/]*|conftest\.py|setup\.py)",
    re.DOTALL,
)
_PROGRAM = Path(__file__).with_name("mutator.py")


class _Mutant(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    line: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    new: str = Field(max_length=10_000)
    what: str


_MUTANTS = TypeAdapter(Annotated[list[_Mutant], Field(max_length=MAX_MUTANTS)])


@dataclass(frozen=True, slots=True)
class MutantsFound:
    """How many faults were tried and how many of them the tests noticed; `survivors` says which they did not."""

    tried: int = 0
    caught: int = 0
    survivors: tuple[str, ...] = ()

    def holds(self, percent: int) -> bool:
        """Return True if at least so many of a hundred were noticed, or none could be tried."""
        return self.caught * 100 >= percent * self.tried

    def text(self) -> str:
        """Return it in words, to follow what is said of the tests."""
        return f"; of {self.tried} faults made in what changed they noticed {self.caught}" if self.tried else ""

    def complaint(self, percent: int) -> str:
        """Return what an agent is told if too few were noticed."""
        more = len(self.survivors) - MAX_SURVIVORS_SHOWN
        shown = [f"- {survivor}" for survivor in self.survivors[:MAX_SURVIVORS_SHOWN]]
        shown += [f"- and {more} more"] if more > 0 else []
        return (
            f"all tests passed, but of {self.tried} faults that were made on purpose in what changed they noticed "
            f"{self.caught}, and {percent} % must be: write tests that fail with these, commit and push.\n"
            + "\n".join(shown)
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """Where and how faults are tried: the commit, its test command, how long that took, and for how long in all."""

    workshop: Workshop
    checks: Path
    export: ExportCommit
    sha: str
    command: str
    took: float
    seconds: float


def mutated_lines(changes: Sequence[FileChange]) -> dict[str, list[tuple[int, int]]]:
    """Return in which lines of which files faults are made: those of programs that changed, not those of tests."""
    found, left = dict[str, list[tuple[int, int]]](), MAX_TOLD_CHARS
    for change in changes:
        if change.lines and _MUTATED.fullmatch(change.path) and not _TESTS.fullmatch(change.path):
            parts = [(lines.start, lines.stop) for lines in change.lines[:MAX_PARTS_OF_FILE]]
            left -= len(shlex.quote(json.dumps({change.path: parts})))
            if left < 0 or len(found) >= MAX_FILES:
                break
            found[change.path] = parts
    return found


async def try_mutants(trial: Trial, changes: Sequence[FileChange]) -> MutantsFound:
    """Make faults in what changed, and see which of them the tests notice."""
    lines = mutated_lines(changes)
    made = await _make(trial, lines) if lines else []
    tried, spent, survivors = 0, 0.0, list[str]()
    for at_once in (made[n : n + AT_ONCE] for n in range(0, len(made), AT_ONCE)):
        if spent >= trial.seconds:
            break
        results = await asyncio.gather(*(_survives(trial, mutant) for mutant in at_once))
        tried += len(at_once)
        spent += max(seconds for _, seconds in results)
        survivors += [
            f"{mutant.path}:{mutant.line}: {one_line(mutant.what, MAX_SHOWN_CHARS)}"
            for mutant, (survived, _) in zip(at_once, results, strict=True)
            if survived
        ]
    return MutantsFound(tried, tried - len(survivors), tuple(survivors))


async def _make(trial: Trial, lines: dict[str, list[tuple[int, int]]]) -> list[_Mutant]:
    told = shlex.quote(json.dumps({"files": lines, "limit": MAX_MUTANTS}))
    program = shlex.quote(_PROGRAM.read_text(encoding="utf-8"))
    async with fresh_copy(trial.checks, trial.export, trial.sha) as folder:
        ended = await trial.workshop.run(f"python3 -I -c {program} {told}", folder, seconds=MAKING_SECONDS)
    try:
        made = _MUTANTS.validate_json(ended.output.strip())
    except ValidationError:
        return []
    return [mutant for mutant in made if mutant.path in lines and mutant.start <= mutant.end]


async def _survives(trial: Trial, mutant: _Mutant) -> tuple[bool, float]:
    """Return whether the tests pass in spite of a fault, and how long they took."""
    async with fresh_copy(trial.checks, trial.export, trial.sha) as folder:
        place = ConfinedFolder(folder)
        text = place.read(mutant.path, MAX_FILE_BYTES).decode()
        place.write(mutant.path, (text[: mutant.start] + mutant.new + text[mutant.end :]).encode())
        ended = await trial.workshop.run(trial.command, folder, seconds=max(3 * trial.took, MIN_RUN_SECONDS))
    return ended.exit_code == 0, ended.seconds
