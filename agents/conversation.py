"""What is sent of a task's transcript, behind its opening."""

from collections.abc import Sequence
from typing import Any

from agents.folding import folded
from agents.run import Run
from damascus.core.records.turns import Turn
from damascus.work.tasks import transcript


def of_run(run: Run) -> list[dict[str, Any]]:
    """Return the chat messages of a run's next request: opening, compaction, and the turns behind it."""
    first, last = run.beginning.messages()
    if run.journal.compaction is not None:
        last = {**last, "content": f"{last['content']}\n{run.journal.compaction.text}"}
    return [first, last, *messages(run.journal.sent_turns())]


def messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return the chat messages of a transcript; the same for the same turns, whichever worker sends them."""
    return transcript.to_chat(folded(turns))
