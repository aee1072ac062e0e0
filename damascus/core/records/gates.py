"""Gates: tasks whose result decides whether what builds on it is begun."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class VerdictWord(StrEnum):
    """What a gate says."""

    GO = "go"
    STOP = "stop"


class StopDecision(StrEnum):
    """What followed on a verdict: nothing had to (`none`), it is `open`, or what was decided about a `stop`."""

    NONE = "none"
    OPEN = "open"
    CONTINUED = "continued"
    REPLANNED = "replanned"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a task decides: a question and, where a number answers it, what is measured and where `go` begins and ends.

    Without `at_least` and `at_most` the agent's word decides.
    """

    question: str
    measure: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def has_number(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    @property
    def bounds(self) -> str:
        """What `go` asks of the number, in words; empty if there is none."""
        said = [f"{word} {number:g}" for word, number in (("at least", self.at_least), ("at most", self.at_most))
                if number is not None]  # fmt: skip
        return f"{self.measure or 'the number'}: {' and '.join(said)}" if said else ""


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """A verdict that fits its gate, not yet written."""

    word: VerdictWord
    number: float | None = None


@dataclass(frozen=True, slots=True)
class TaskVerdict:
    """The verdict of a task; `id` is the task's. `decided_by` is a role, `ceo` or `office`."""

    id: str
    mission_id: str
    word: VerdictWord
    number: float | None
    decision: StopDecision
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None
