"""The history as one model may see it: what its own provider gave goes back as it came, to no other model.

Ids are as strict as servers are: OpenAI takes 40 characters, Mistral nine letters and digits. So a call that another
model made gets an id that every server takes.
"""

import hashlib
from collections.abc import Mapping, Sequence, Set
from typing import Any

from damascus.core.records.turns import ProviderFields
from damascus.llm.pictures import as_sent
from damascus.llm.port import PROVIDER

PLAIN_ID_CHARS = 9
LEFT_OUT = "\n\n[Your older steps are left out here, because the model's context is full. Their effects remain.]"

# What a server may miss where nothing was kept, and the field that it names then. Some take no empty thinking, and
# Google has a signature of its own for calls of other models.
NEEDED = {
    "reasoning_content": "reasoning_content",
    "a space of reasoning_content": "reasoning_content",
    "thought_signature": "thought_signature",
}
NO_SYSTEM = "system"  # refused by a model whose template has no such role
_UNSIGNED = {"google": {"thought_signature": "skip_thought_signature_validator"}}

ChatMessage = dict[str, Any]


def history_for(
    model: str,
    messages: Sequence[ChatMessage],
    refused: Set[str] = frozenset(),
    needed: Set[str] = frozenset(),
    *,
    sees: bool = False,
) -> list[ChatMessage]:
    """Return the messages as they are sent to `model`.

    `refused` are fields of providers that its server takes none of, or NO_SYSTEM; `needed` are names of NEEDED, without
    which it takes no message with calls. Pictures go to a model that `sees`.
    """
    sent: list[ChatMessage] = []
    renamed: dict[str, str] = {}
    for message in messages:
        own = message.get(PROVIDER)
        plain = {key: value for key, value in as_sent(message, sees=sees).items() if key != PROVIDER}
        if plain.get("role") == "assistant":
            is_foreign = isinstance(own, ProviderFields) and own.model != model
            kept = own if isinstance(own, ProviderFields) and not is_foreign else None
            renamed = {call["id"]: plain_id(call["id"]) for call in plain.get("tool_calls", ())} if is_foreign else {}
            plain = _assistant_message(plain, kept, renamed, refused, needed)
        elif plain.get("tool_call_id") in renamed:
            plain["tool_call_id"] = renamed[plain["tool_call_id"]]
        sent.append(plain)
    return _without_system(sent) if NO_SYSTEM in refused else sent


def plain_id(id: str) -> str:
    """Return a short name for an id of a call, always the same one."""
    return hashlib.blake2b(id.encode("utf-8", "replace"), digest_size=16).hexdigest()[:PLAIN_ID_CHARS]


def _assistant_message(
    plain: ChatMessage, own: ProviderFields | None, renamed: Mapping[str, str], refused: Set[str], needed: Set[str]
) -> ChatMessage:
    fields = _taken(own.message if own else None, refused)
    if "tool_calls" not in plain:
        return {**plain, **fields}
    by_call = (own.calls if own else None) or {}
    calls = [_call(call, _taken(by_call.get(call["id"]), refused), renamed) for call in plain["tool_calls"]]
    if "thought_signature" in needed and not any("extra_content" in call for call in calls):
        calls[0] = {**calls[0], "extra_content": _UNSIGNED}
    return {**plain, **_empty_thinking(needed), **fields, "tool_calls": calls}


def _empty_thinking(needed: Set[str]) -> ChatMessage:
    if "a space of reasoning_content" in needed:
        return {"reasoning_content": " "}
    return {"reasoning_content": ""} if "reasoning_content" in needed else {}


def _without_system(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Return the messages with what the system says at the beginning of the first of a user."""
    said = "\n\n".join(str(message["content"]) for message in messages if message["role"] == "system")
    others = [message for message in messages if message["role"] != "system"]
    first = next((at for at, message in enumerate(others) if message["role"] == "user"), None)
    if first is None:
        return [{"role": "user", "content": said}, *others]
    opening = {**others[first], "content": f"{said}\n\n{others[first]['content']}"}
    return [*others[:first], opening, *others[first + 1 :]]


def _call(call: ChatMessage, fields: Mapping[str, Any], renamed: Mapping[str, str]) -> ChatMessage:
    function = {**fields.get("function", {}), **call["function"]}
    return {**fields, **call, "id": renamed.get(call["id"], call["id"]), "function": function}


def _taken(fields: Mapping[str, Any] | None, refused: Set[str]) -> ChatMessage:
    return {key: value for key, value in (fields or {}).items() if key not in refused}


def shortened(messages: Sequence[ChatMessage]) -> list[ChatMessage] | None:
    """Return the messages without the older half of the steps; None if there is just one step left.

    What opens the conversation stays, and says that steps are missing.
    """
    begins = [at for at, message in enumerate(messages) if message.get("role") == "assistant"]
    if len(begins) < 2 or begins[0] == 0:
        return None
    opening = list(messages[: begins[0]])
    last = {**opening[-1], "content": str(opening[-1].get("content", "")).removesuffix(LEFT_OUT) + LEFT_OUT}
    return [*opening[:-1], last, *messages[begins[len(begins) - len(begins) // 2] :]]
