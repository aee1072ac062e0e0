"""What is sent of a task's transcript, behind its opening."""

from collections.abc import Sequence
from typing import Any

from agents.folding import folded
from damascus.core.records.turns import Turn
from damascus.work.tasks import transcript


def messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return the chat messages of a transcript; the same for the same turns, whichever worker sends them."""
    return transcript.to_chat(folded(turns))
