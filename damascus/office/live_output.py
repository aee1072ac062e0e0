"""Reads what workers publish of a model's response while it arrives."""

from damascus.api.schemas import LiveOutput

MAX_PIECE_CHARS = 20_000


def read_live(task_id: str, text: str) -> LiveOutput:
    """Return a piece of live output."""
    return LiveOutput(task_id=task_id, text=text[:MAX_PIECE_CHARS])
