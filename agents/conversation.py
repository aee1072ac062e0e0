"""What is sent of a task's transcript, behind its opening."""

from collections.abc import Callable, Sequence
from typing import Any

from agents.folding import folded
from agents.run import Run
from damascus.core.records.turns import PICTURES, Picture, Turn
from damascus.llm.port import ShownPicture
from damascus.work.tasks import transcript

GONE = "[It is not there any more as it was.]"

Show = Callable[[Picture], ShownPicture | None]


def nothing_shown(_: Picture) -> None:
    """Show no picture."""


def of_run(run: Run, show: Show = nothing_shown) -> list[dict[str, Any]]:
    """Return the chat messages of a run's next request: opening, compaction, and the turns behind it."""
    first, last = run.beginning.messages()
    if run.journal.compaction is not None:
        last = {**last, "content": f"{last['content']}\n{run.journal.compaction.text}"}
    return [first, last, *messages(run.journal.sent_turns(), show)]


def messages(turns: Sequence[Turn], show: Show) -> list[dict[str, Any]]:
    """Return the chat messages of a transcript; the same for the same turns, whichever worker sends them.

    `show` reads a picture; one that it does not find is said to be gone.
    """
    return [_with_pictures(message, show) for message in transcript.to_chat(folded(turns))]


def _with_pictures(message: dict[str, Any], show: Show) -> dict[str, Any]:
    if PICTURES not in message:
        return message
    found = [shown for picture in message[PICTURES] if (shown := show(picture)) is not None]
    text = message["content"] if len(found) == len(message[PICTURES]) else f"{message['content']}\n{GONE}"
    return {**message, "content": text, PICTURES: found}
