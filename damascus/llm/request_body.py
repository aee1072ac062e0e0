"""The request as bytes. A field that a model's server refuses is left out from then on, for that model only."""

import json
from typing import Any

from damascus.llm.failures import AttemptFailure
from damascus.llm.history import history_for
from damascus.llm.port import ModelRequest, ToolSpec
from damascus.llm.tool_arguments import clean

# The provider may put instructions of its own before a list of tools, and marks around every message.
MAX_HIDDEN_TOKENS = 512
_OPTIONAL_FIELDS = ("stream_options", "temperature")
_REHEARSAL_FIELDS = ("user", "metadata")


class ModelQuirks:
    """The fields that one model's server refuses; learned from its refusals."""

    def __init__(self, rehearsal: bool) -> None:
        self._rehearsal = rehearsal
        self._refused: set[str] = set()

    def body(self, model: str, request: ModelRequest) -> bytes:
        """Return the request as JSON in UTF-8."""
        return encode({name: value for name, value in self._fields(model, request) if name not in self._refused})

    @property
    def refused_fields(self) -> frozenset[str]:
        """The fields that are left out from now on."""
        return frozenset(self._refused)

    def learn(self, failure: AttemptFailure, left_out: frozenset[str]) -> bool:
        """Learn from a refusal. Returns True if it names a field that was sent and can be left out or renamed.

        `left_out`: what the failed attempt was sent without (another task may have learned more meanwhile).
        """
        if failure.status not in (400, 422):
            return False
        optional = _OPTIONAL_FIELDS + (_REHEARSAL_FIELDS if self._rehearsal else ())
        named = {name for name in optional if name == failure.param or name in failure.message}
        if "max_completion_tokens" in failure.message:
            named.add("max_tokens")
        self._refused |= named
        return bool(named - left_out)

    def _fields(self, model: str, request: ModelRequest) -> list[tuple[str, Any]]:
        limit = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        fields: list[tuple[str, Any]] = [
            ("model", model),
            ("messages", history_for(model, request.messages)),
            (limit, request.max_tokens),
            ("temperature", request.temperature),
            ("stream", True),
            ("stream_options", {"include_usage": True}),
        ]
        if request.tools:
            fields.append(("tools", [_tool_field(spec) for spec in request.tools]))
        if self._rehearsal:
            fields.append(("user", request.role))
            fields.append(("metadata", {"task": request.task_id, "mission": request.mission_id}))
        return fields


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


def _tool_field(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}
