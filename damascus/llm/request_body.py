"""The request as bytes. A field that a model's server refuses is left out from then on, for that model only."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from damascus.core.records.learnt_models import LearntModel
from damascus.llm.history import history_for
from damascus.llm.pictures import PICTURE_FIELD, in_place_of_bytes
from damascus.llm.port import ModelRequest, ToolSpec
from damascus.llm.tool_arguments import clean

# The provider may put instructions of its own before a list of tools, and marks around every message.
MAX_HIDDEN_TOKENS = 512


MARK = {"cache_control": {"type": "ephemeral"}}


class Form(NamedTuple):
    """How one model's requests are put: it `sees` pictures, `marks` ask it to cache what will repeat, it rehearses."""

    sees: bool = False
    marks: bool = False
    rehearsal: bool = False


PLAIN = Form()


class RequestBody(NamedTuple):
    """A request as JSON in UTF-8; `size` is its bytes, with what its pictures count as in the place of theirs."""

    data: bytes
    size: int


def request_body(model: str, request: ModelRequest, learnt: LearntModel, form: Form = PLAIN) -> RequestBody:
    """Return the request as the model's server takes it."""
    sees = form.sees and PICTURE_FIELD not in learnt.refused
    limit = "max_completion_tokens" if learnt.renamed_limit else "max_tokens"
    needed = frozenset(learnt.needed)
    fields: dict[str, Any] = {
        "model": model,
        "messages": history_for(model, request.messages, frozenset(learnt.refused), needed, sees=sees),
        limit: request.max_tokens,
        "temperature": request.temperature,
        "stream": not learnt.whole,
        "stream_options": {"include_usage": True},
    }
    if form.marks and not MARK.keys() & set(learnt.refused):
        fields["messages"] = marked(fields["messages"])
    if learnt.whole:
        del fields["stream_options"]
    if request.tools:
        fields["tools"] = [tool_field(spec) for spec in request.tools]
    if form.rehearsal:
        fields["user"] = request.role
        fields["metadata"] = {"task": request.task_id, "mission": request.mission_id}
    data = encode({name: value for name, value in fields.items() if name not in learnt.refused})
    return RequestBody(data, len(data) - (in_place_of_bytes(request.messages) if sees else 0))


def marked(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages with marks where what a later request repeats may end.

    That is behind the system's, with the tools before it, behind the task, and behind the newest message.
    """
    first = next((at for at, message in enumerate(messages) if message["role"] == "user"), 0)
    ends = {0, first, len(messages) - 1}
    return [_with_mark(message) if at in ends else message for at, message in enumerate(messages)]


def _with_mark(message: dict[str, Any]) -> dict[str, Any]:
    text = message.get("content")
    if message["role"] == "assistant" or not isinstance(text, str) or not text:
        return message
    return {**message, "content": [{"type": "text", "text": text, **MARK}]}


def max_input_tokens(body_bytes: int) -> int:
    """Return an upper bound: no tokenizer that works on bytes makes more tokens than there are bytes."""
    return body_bytes + MAX_HIDDEN_TOKENS


def encode(fields: dict[str, Any]) -> bytes:
    """Encode as JSON in UTF-8, without lone surrogates, which UTF-8 cannot carry."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return clean(text).encode()


def tool_field(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}
