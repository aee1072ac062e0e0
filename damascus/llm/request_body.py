"""The request as bytes. What a model's server will not take is left out from then on, for that model only."""

import json
from typing import Any

from damascus.llm.failures import AttemptFailure
from damascus.llm.port import ModelRequest, ToolSpec
from damascus.llm.tool_arguments import clean

# The provider may put instructions of its own before a list of tools, and marks around every message.
HIDDEN_TOKENS = 512
_OPTIONAL = ("stream_options", "temperature")
_REHEARSAL = ("user", "metadata")


class ModelQuirks:
    """What one model's server takes; learnt from its refusals."""

    def __init__(self, rehearsal: bool) -> None:
        self._rehearsal = rehearsal
        self._refused: set[str] = set()

    def body(self, model: str, request: ModelRequest) -> bytes:
        """The request in JSON, UTF-8."""
        return encode({name: value for name, value in self._fields(model, request) if name not in self._refused})

    @property
    def refused(self) -> frozenset[str]:
        """The fields that are left out by now."""
        return frozenset(self._refused)

    def learn(self, failure: AttemptFailure, left_out: frozenset[str]) -> bool:
        """Whether the failure names a field that was sent and can be left out or renamed: one more attempt is worth it.

        `left_out`: what the failed attempt already went without (another task may have taught us more meanwhile).
        """
        if failure.status not in (400, 422):
            return False
        optional = _OPTIONAL + (_REHEARSAL if self._rehearsal else ())
        named = {name for name in optional if name == failure.param or name in failure.message}
        if "max_completion_tokens" in failure.message:
            named.add("max_tokens")
        self._refused |= named
        return bool(named - left_out)

    def _fields(self, model: str, request: ModelRequest) -> list[tuple[str, Any]]:
        limit = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        fields: list[tuple[str, Any]] = [
            ("model", model),
            ("messages", request.messages),
            (limit, request.max_tokens),
            ("temperature", request.temperature),
            ("stream", True),
            ("stream_options", {"include_usage": True}),
        ]
        if request.tools:
            fields.append(("tools", [_tool(spec) for spec in request.tools]))
        if self._rehearsal:
            fields.append(("user", request.role))
            fields.append(("metadata", {"task": request.task_id, "mission": request.mission_id}))
        return fields


def max_input_tokens(body: bytes) -> int:
    """A bound from above: no tokenizer that works on bytes makes more tokens than there are bytes."""
    return len(body) + HIDDEN_TOKENS


def encode(fields: dict[str, Any]) -> bytes:
    """JSON in UTF-8; lone surrogates, which UTF-8 cannot carry, are dropped."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return clean(text).encode()


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}
