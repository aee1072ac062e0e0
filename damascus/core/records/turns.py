"""The transcript of a task: the model's responses, its tool calls, and notes of the program."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

PICTURES = "pictures"  # the key of a chat message under which it has those that go with its text


class Speaker(StrEnum):
    """Who a turn is from: the roles of a chat, which are not those of the staff."""

    ASSISTANT = "assistant"
    TOOL = "tool"
    USER = "user"


class TurnStatus(StrEnum):
    """How far a tool call is."""

    PENDING = "pending"
    STARTED = "started"
    WAITING = "waiting"
    DONE = "done"

    OPEN: ClassVar[frozenset["TurnStatus"]]


TurnStatus.OPEN = frozenset(TurnStatus) - {TurnStatus.DONE}


@dataclass(frozen=True, slots=True)
class ProviderFields:
    """What a response had besides what the protocol knows: fields of its message, and of its calls by their id.

    It goes back to `model`, and to no other.
    """

    model: str
    message: dict[str, Any] | None = None
    calls: dict[str, dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that a call made: its path in the shared folder, its SHA-256, and its size in pixels."""

    path: str
    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One entry of a transcript, the `n`th of its task.

    A tool's turn has the call's id, the tool's name, its arguments (an object, or the raw text of a call that could
    not be read) and in `content` its result, with the `picture` that it made. It is `waiting` for the CEO or for
    another task. A response says in `provider` which model gave it, and what that model wants back.
    """

    id: str
    task_id: str
    n: int
    speaker: Speaker
    content: str
    call_id: str | None
    tool: str | None
    arguments: Any
    status: TurnStatus
    created_at: datetime
    done_at: datetime | None
    provider: ProviderFields | None = None
    picture: Picture | None = None

    @property
    def was_refused(self) -> bool:
        """True if the registry refused the call: it changed nothing."""
        return self.content.startswith((f"{self.tool}: ", f"{self.tool} failed"))


def calls_before(turns: Sequence[Turn], turn: Turn) -> list[Turn]:
    """Return the calls of the same answer before this one."""
    calls = list[Turn]()
    for other in turns:
        if other.id == turn.id:
            break
        calls = [*calls, other] if other.speaker == Speaker.TOOL else []
    return calls
