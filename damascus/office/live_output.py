"""Reads what workers publish of a model's response while it arrives."""

from dataclasses import asdict

from damascus.api.schemas import LiveOutput
from damascus.core.live_output import OutputPiece


def read_live(task_id: str, given: str) -> LiveOutput:
    """Return a piece of live output, cut to a bound."""
    return LiveOutput(task_id=task_id, **asdict(OutputPiece.from_json(given)))
