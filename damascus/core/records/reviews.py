"""Reviews: what a colleague who is not the author found of each line of a task's acceptance."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_REVIEWS = 2  # of one task: one revision lies between them


class LineVerdict(StrEnum):
    """What a reviewer says of a line."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does_not_hold"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A line of a task's acceptance, its `number` from 1, and what was said of it.

    `quote` is from what the reviewer read or ran, as the program has looked up; `why` are the reviewer's words.
    """

    number: int
    text: str
    verdict: LineVerdict = LineVerdict.CANNOT_TELL
    quote: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReviewFindings:
    """The lines that a review is about; nobody can tell of any until its reviewer has answered."""

    lines: tuple[ReviewedLine, ...] = ()

    def of(self, verdict: LineVerdict) -> list[ReviewedLine]:
        """Return the lines of which just this was said."""
        return [line for line in self.lines if line.verdict == verdict]


@dataclass(frozen=True, slots=True)
class Review:
    """The `round`th review of a task, asked for by the call `turn_id`; its `id` is that of the reviewer's task.

    `author` and `reviewer` are the roles of the two tasks. It is open until `finished_at`.
    """

    id: str
    mission_id: str
    task_id: str
    author: str
    reviewer: str
    turn_id: str
    round: int
    findings: ReviewFindings
    created_at: datetime
    finished_at: datetime | None
