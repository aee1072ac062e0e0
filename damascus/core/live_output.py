"""Partial output of a model while it arrives, as agents publish it and the office reads it; it may be lost."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

MAX_PIECE_CHARS = 20_000


class OutputPart(StrEnum):
    """What of a response a piece belongs to: what it says, what it thinks, or the arguments of a tool call."""

    TEXT = "text"
    REASONING = "reasoning"
    ARGUMENTS = "arguments"


@dataclass(frozen=True, slots=True)
class OutputPiece:
    """A piece of a response; `tool` is whose arguments they are.

    `attempt` is the reservation of the model call: a call that is repeated is another one, and says all of it again.
    `offset` is how many characters of this part and tool came before it in its attempt.
    """

    part: OutputPart
    text: str
    tool: str = ""
    attempt: str = ""
    offset: int = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, given: str) -> "OutputPiece":
        """Return what was published, cut to a bound; what is not of this form is text, as it was in older versions."""
        try:
            found = json.loads(given)
            piece = cls(
                OutputPart(found["part"]), str(found["text"]), str(found["tool"]), str(found["attempt"]),
                int(found["offset"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            piece = cls(OutputPart.TEXT, given)
        return replace(
            piece, text=piece.text[:MAX_PIECE_CHARS], tool=piece.tool[:100], attempt=piece.attempt[:100],
            offset=min(max(piece.offset, 0), 10**12),
        )  # fmt: skip
