"""Orders in texts: a model that does whatever it reads (`obey: true` in a script).

`ORDER: tool {json}` is an order wherever it stands: in the task, in the result of a tool, in a note, quoted or not.
What is cut off is none. `$order` in its arguments is the order itself, so that a text can spread; `$result` and
`$entry` are what `<result>` and `<entry>` are in a script. Nothing is remembered: an order counts as obeyed when its
call is in the request.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from damascus.doubles.model import generators
from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall
from damascus.doubles.model.staff.history import PastCall, read_history

MARK = "ORDER:"
OPENING_MESSAGES = 2  # the system message and the task; what follows is the task's own transcript
_HEAD = re.compile(rf"{MARK} (\w+) (?=\{{)")
_BLANK = re.compile(r"(\$(?:order|result|entry))")


@dataclass(frozen=True)
class Order:
    """One order: `text` is as it stands there."""

    text: str
    tool: str
    arguments: dict[str, Any]

    def is_done_by(self, past: PastCall) -> bool:
        """Return True if `past` is what obeying it looks like."""
        return past.call.name == self.tool and _fits(self.arguments, past.call.arguments)


def open_orders(request: ChatRequest) -> list[Order]:
    """Return the orders in what a request carries that its task has not obeyed yet, each once, in their order."""
    found = {order.text: order for message in request.messages for order in _orders_in(message)}
    done = read_history(request.messages).done if found else ()
    return [order for order in found.values() if not any(order.is_done_by(past) for past in done)]


def obey(request: ChatRequest) -> ScriptedAnswer:
    """Return an answer that obeys every open order; one that passes a result on waits for that result."""
    known, calls = blanks(request), list[ScriptedCall]()
    for order in open_orders(request):
        if calls and ("$result" in order.text or ("$entry" in order.text and not known["<entry>"])):
            break
        filled = {"$order": order.text, "$result": known["<result>"], "$entry": known["<entry>"]}
        arguments = generators.expand(order.arguments, filled)
        calls.append(ScriptedCall(order.tool, arguments))
    return ScriptedAnswer("As I was told.", tuple(calls))


def blanks(request: ChatRequest) -> dict[str, str]:
    """Return `<result>`, what the latest tool call returned, and `<entry>`, the latest entry that the task left."""
    results = [str(message.get("content") or "") for message in request.messages if message.get("role") == "tool"]
    entries = read_history(request.messages).entries
    return {"<result>": results[-1] if results else "", "<entry>": entries[-1][0] if entries else ""}


def opening_lines(messages: list[dict[str, Any]]) -> list[str]:
    """Return the lines of a request's opening that hold an order, as they stand there."""
    texts = [message.get("content") for message in messages[:OPENING_MESSAGES]]
    return [
        line for text in texts if isinstance(text, str) and MARK in text for line in text.split("\n") if MARK in line
    ]


def _orders_in(message: dict[str, Any]) -> Iterator[Order]:
    text = message.get("content")
    if message.get("role") == "assistant" or not isinstance(text, str):
        return
    for head in _HEAD.finditer(text):
        try:
            arguments, end = json.JSONDecoder().raw_decode(text, head.end())
        except ValueError:
            continue
        yield Order(text[head.start() : end], head.group(1), arguments)


def _fits(wanted: Any, made: Any) -> bool:
    """Return True if `made` is `wanted` with its blanks filled in."""
    if isinstance(wanted, dict) and isinstance(made, dict):
        return wanted.keys() == made.keys() and all(_fits(wanted[key], made[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(made, list):
        return len(wanted) == len(made) and all(map(_fits, wanted, made))
    if isinstance(wanted, str) and isinstance(made, str):
        parts = [".*" if _BLANK.fullmatch(part) else re.escape(_plain(part)) for part in _BLANK.split(wanted)]
        return re.fullmatch("".join(parts), _plain(made), re.DOTALL) is not None
    return bool(wanted == made)


def _plain(text: str) -> str:
    """Return the text without control characters, which the company may have taken out of a call."""
    return "".join(character for character in text if character.isprintable() or character.isspace())
