"""How the conversation of a task began, word for word."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToldSoFar:
    """How far the model of a task was told what others do.

    `event` is the newest event of the log when it was told last, `messages` and `rules` (of the CEO's) the ids of those
    that it has read, `tools` those that it was shown, `words` the ids of what the CEO said to it while it worked.
    """

    event: int = 0
    messages: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """The two messages that open a task's conversation, and what it was told up to now; `id` is the task's."""

    id: str
    system: str
    assignment: str
    told: ToldSoFar
