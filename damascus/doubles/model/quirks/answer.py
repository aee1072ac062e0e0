"""How the rehearsal plays a quirk: what it puts into its answers, and which requests it refuses.

`plays` of a quirk may have:
  dialect          calls are written into the text (dialects.py)
  id, index        what each call has for them; <name>, <n>, <digest> and <signature> stand for its own
  call, message    fields beside the protocol's, of each call or of the message
  name_suffix      what stands behind each name
  requires         what each message with calls must bring back as it was sent: `message` fields, a path within each
                   `call`, its `id`
  refusal          `status` and `body` where it does not
  refuses          `when` a request is of some kind, `status` and `body`; `first`: only so many of them
Requests are of a kind by: `field` (they have it), `above` (a number is larger), `answers` (so many messages of the
assistant), `empty_message` (of the assistant), `history_field` (one of those has it).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.openai_format import FormattedAnswer
from damascus.doubles.model.quirks.dialects import DIALECTS
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall


@dataclass(frozen=True)
class QuirkRefusal:
    """What is answered in place of an answer."""

    status: int
    body: Any


@dataclass(frozen=True)
class QuirkyAnswer(FormattedAnswer):
    """An answer as a provider with a quirk spells it."""

    plays: Mapping[str, Any] = field(default_factory=dict)

    def _call(self, at: int, call: ScriptedCall, arguments: str) -> dict[str, Any]:
        name = call.name + self.plays.get("name_suffix", "")
        words = {"<name>": call.name, "<n>": str(at), "<digest>": self.digest, "<signature>": signature(call)}
        id = _filled(self.plays.get("id", f"call_{self.digest}_{at}"), words)
        own = _filled(self.plays.get("call", {}), words)
        return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}, **own}

    def _index(self, at: int) -> int:
        return int(self.plays.get("index", at))

    def _message(self) -> dict[str, Any]:
        return {**super()._message(), **self.plays.get("message", {})}

    def _deltas(self) -> list[dict[str, Any]]:
        first, *others = super()._deltas()
        return [{**first, **self.plays.get("message", {})}, *others]


def signature(call: ScriptedCall) -> str:
    """Return a signature of a call that its name and its arguments can be checked by."""
    try:
        arguments = json.loads(call.json)
    except (ValueError, RecursionError):  # a fault's, or too deep
        arguments = call.json
    signed = json.dumps([call.name, arguments], sort_keys=True).encode()
    return hashlib.blake2b(signed, digest_size=64).hexdigest()


def in_dialect(answer: ScriptedAnswer, plays: Mapping[str, Any]) -> ScriptedAnswer:
    """Return the answer with its calls in its text, if the quirk has a dialect."""
    if "dialect" not in plays or not answer.calls:
        return answer
    text = DIALECTS[plays["dialect"]](answer.calls)
    return replace(
        answer, text=f"{answer.text}\n\n{text}".strip() if plays["dialect"] != "pythonic" else text, calls=()
    )


def refusal_of(plays: Mapping[str, Any], request: ChatRequest, refused: Counter[str]) -> QuirkRefusal | None:
    """Return what the provider says to a request that it does not take; `refused` counts for `first`."""
    for n, rule in enumerate(plays.get("refuses", ())):
        key = f"{request.task.directive[:40]} {n}"
        if _is_of_kind(request, rule["when"]) and refused[key] < rule.get("first", 10**9):
            refused[key] += 1
            return QuirkRefusal(rule["status"], rule["body"])
    if "requires" in plays and not _brings_back(request.messages, plays["requires"], plays.get("message", {})):
        return QuirkRefusal(**plays["refusal"])
    return None


def _is_of_kind(request: ChatRequest, when: Mapping[str, Any]) -> bool:
    answers = [message for message in request.messages if message.get("role") == "assistant"]
    if "field" in when and not request.data.get(when["field"]):
        return False
    if any(request.data.get(name, 0) <= most for name, most in when.get("above", {}).items()):
        return False
    if "history_field" in when and not any(when["history_field"] in message for message in answers):
        return False
    if when.get("empty_message") and not any(_is_empty(message) for message in answers):
        return False
    return len(answers) >= int(when.get("answers", 0))


def _is_empty(message: Mapping[str, Any]) -> bool:
    return not message.get("content") and not message.get("tool_calls")


def _brings_back(messages: Sequence[Mapping[str, Any]], requires: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    called = [message for message in messages if message.get("tool_calls")]
    if any(message.get(name) != sent[name] for message in called for name in requires.get("message", ())):
        return False
    calls = [call for message in called for call in message["tool_calls"]]
    if any(_at(call, requires["call"]) != _signature_of(call) for call in calls if "call" in requires):
        return False
    results = {message.get("tool_call_id") for message in messages}
    return not requires.get("id") or all(
        call["id"].endswith(_signature_of(call)) and call["id"] in results for call in calls
    )


def _signature_of(call: Mapping[str, Any]) -> str:
    return signature(ScriptedCall(call["function"]["name"], call["function"]["arguments"]))


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """Return the value with the words in place of the blanks in its texts."""
    if isinstance(value, dict):
        return {key: _filled(part, words) for key, part in value.items()}
    if isinstance(value, str):
        for blank, word in words.items():
            value = value.replace(blank, word)
    return value
