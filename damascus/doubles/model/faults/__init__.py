"""Every misbehaviour of a model that the rehearsal can play, by name.

A fault spoils what an answer contains (content.py) or how it travels (transport.py). To add one, write a function in
the file it belongs to and name it here; its docstring is its description for people (`GET /faults`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from damascus.core.errors import Invalid
from damascus.doubles.model.faults import content, transport
from damascus.doubles.model.faults.transport import Sender
from damascus.doubles.model.quirks import load_quirks
from damascus.doubles.model.scripted_answer import ScriptedAnswer

ContentFault = Callable[[ScriptedAnswer, Mapping[str, Any]], ScriptedAnswer]

CONTENT_FAULTS: dict[str, ContentFault] = {
    "bare_json": content.bare_json,
    "fenced_json": content.fenced_json,
    "malformed_arguments": content.malformed_arguments,
    "broken_arguments": content.broken_arguments,
    "unknown_tool": content.unknown_tool,
    "empty": content.empty,
    "refusal": content.refusal,
    "truncated": content.truncated,
    "loop": content.loop,
    "wrong_usage": content.wrong_usage,
    "negative_usage": content.negative_usage,
    "no_usage": content.no_usage,
    "huge": content.huge,
    "no_tools": content.no_tools,
    "reasoning": content.reasoning,
    "decisions": content.decisions,
}

QUIRK = "quirk"  # what a provider does in its own way: option `name`, of a file in doubles/model/quirks
TRANSPORT_FAULTS: dict[str, Sender] = {
    **{str(status): transport.status_fault(status) for status in (400, 401, 403, 404, 408, 429, 500, 502, 503, 504)},
    "hang": transport.hang,
    "drop": transport.drop,
    "cut": transport.cut,
    "drip": transport.drip,
    "wrong_content_type": transport.wrong_content_type,
    "wrong_encoding": transport.wrong_encoding,
    "garbage": transport.garbage,
    "keep_alive": transport.keep_alive,
    "no_end": transport.no_end,
}


@dataclass(frozen=True)
class ModelFault:
    """A fault to be played, with its options."""

    name: str
    options: Mapping[str, Any]


def read_fault(value: Any, options: Mapping[str, Any]) -> ModelFault | None:
    """Return the fault that `value` (a name, or a status as a number) means, or None if it is empty.

    Raises Invalid if the fault is unknown.
    """
    if value is None or value == "":
        return None
    if value == QUIRK:
        quirk = load_quirks().get(str(options.get("name")))
        if quirk is None or "plays" not in quirk:
            raise Invalid(f"unknown quirk {options.get('name')!r}; available: {', '.join(load_quirks())}")
        return ModelFault(QUIRK, quirk["plays"])
    if (name := str(value)) not in CONTENT_FAULTS and name not in TRANSPORT_FAULTS:
        raise Invalid(f"unknown fault {name!r}; available: {', '.join(describe_faults())}")
    return ModelFault(name, options)


def describe_faults() -> dict[str, str]:
    """Return each fault's name and what it does."""
    known: dict[str, Any] = {**TRANSPORT_FAULTS, **CONTENT_FAULTS}
    told = {name: (function.__doc__ or "").strip() for name, function in known.items()}
    return {**told, QUIRK: "What a provider does in its own way (option `name`: a file in doubles/model/quirks)."}
