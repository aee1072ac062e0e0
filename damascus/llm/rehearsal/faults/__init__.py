"""Every misbehaviour of a model that the rehearsal can play, by name.

A fault spoils what is said (speech.py) or how it travels (delivery.py). To add one, write a function in
the file it belongs to and name it here; its docstring is its description for people (`GET /faults`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from damascus.core.errors import Invalid
from damascus.llm.rehearsal.answers import Answer
from damascus.llm.rehearsal.faults import delivery, speech
from damascus.llm.rehearsal.faults.delivery import Sender

Speech = Callable[[Answer, Mapping[str, Any]], Answer]

SPEECH: dict[str, Speech] = {
    "bare_json": speech.bare_json,
    "fenced_json": speech.fenced_json,
    "malformed_arguments": speech.malformed_arguments,
    "broken_arguments": speech.broken_arguments,
    "unknown_tool": speech.unknown_tool,
    "empty": speech.empty,
    "refusal": speech.refusal,
    "truncated": speech.truncated,
    "loop": speech.loop,
    "wrong_usage": speech.wrong_usage,
    "negative_usage": speech.negative_usage,
    "no_usage": speech.no_usage,
    "huge": speech.huge,
    "no_tools": speech.no_tools,
    "reasoning": speech.reasoning,
}

DELIVERY: dict[str, Sender] = {
    **{str(status): delivery.status_fault(status) for status in (400, 401, 403, 404, 408, 429, 500, 502, 503, 504)},
    "hang": delivery.hang,
    "drop": delivery.drop,
    "cut": delivery.cut,
    "drip": delivery.drip,
    "wrong_content_type": delivery.wrong_content_type,
    "wrong_encoding": delivery.wrong_encoding,
    "garbage": delivery.garbage,
    "keep_alive": delivery.keep_alive,
    "no_end": delivery.no_end,
}


@dataclass(frozen=True)
class Fault:
    """A fault to be played, with its options."""

    name: str
    options: Mapping[str, Any]


def read_fault(value: Any, options: Mapping[str, Any]) -> Fault | None:
    """The fault that `value` (a name, or a status as a number) means; None for none. Raises Invalid if unknown."""
    if value is None or value == "":
        return None
    if (name := str(value)) not in SPEECH and name not in DELIVERY:
        raise Invalid(f"unknown fault {name!r}; there are: {', '.join(described())}")
    return Fault(name, options)


def described() -> dict[str, str]:
    """Each fault's name and what it does."""
    known: dict[str, Any] = {**DELIVERY, **SPEECH}
    return {name: (function.__doc__ or "").strip() for name, function in known.items()}
