"""What the staff says, and how OpenAI's protocol spells it: whole, or as chunks of a stream."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

USD_PER_INPUT_TOKEN = 0.15e-6
USD_PER_OUTPUT_TOKEN = 0.60e-6
CHARACTERS_PER_TOKEN = 4
_PIECE = 400


@dataclass(frozen=True)
class ScriptedCall:
    """A tool call; `arguments` is a JSON object, or a string where a fault wants it malformed."""

    name: str
    arguments: dict[str, Any] | str

    @property
    def json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class ScriptedAnswer:
    """One answer of the staff; `usage` replaces the counted usage where a fault sets it ({}: none at all)."""

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    finish_reason: str = ""
    reasoning: str = ""
    refusal: str = ""
    usage: dict[str, Any] | None = None

    @property
    def finish(self) -> str:
        return self.finish_reason or ("tool_calls" if self.calls else "stop")

    @property
    def size(self) -> int:
        """Its length in characters."""
        said = len(self.text) + len(self.reasoning) + len(self.refusal)
        return said + sum(len(call.name) + len(call.json) for call in self.calls)


@dataclass(frozen=True)
class FormattedAnswer:
    """An answer to one request, ready to be spelled."""

    answer: ScriptedAnswer
    model: str
    digest: str
    created: int
    prompt_tokens: int
    streamed: bool
    include_usage: bool

    @property
    def completion_tokens(self) -> int:
        return tokens(self.answer.size)

    @property
    def cost(self) -> float:
        """US dollars, by the counted tokens."""
        return self.prompt_tokens * USD_PER_INPUT_TOKEN + self.completion_tokens * USD_PER_OUTPUT_TOKEN

    @property
    def usage(self) -> dict[str, Any]:
        if self.answer.usage is not None:
            return self.answer.usage
        inside, outside = self.prompt_tokens, self.completion_tokens
        counted = {"prompt_tokens": inside, "completion_tokens": outside, "total_tokens": inside + outside}
        return {**counted, "cost": round(self.cost, 9)}

    def whole(self) -> bytes:
        """The body of an answer that is not streamed."""
        body = self._head("chat.completion")
        body["choices"] = [
            {"index": 0, "message": self._message(), "finish_reason": self.answer.finish, "logprobs": None}
        ]
        if self.usage:
            body["usage"] = {key: value for key, value in self.usage.items() if key != "cost"}
        return _encoded(body)

    def chunks(self) -> list[bytes]:
        """The server-sent events of a streamed answer, `[DONE]` included."""
        spoken = [self._chunk(delta) for delta in self._deltas()]
        spoken.append(self._chunk({}, self.answer.finish))
        if self.include_usage and self.usage:
            spoken.append({**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage})
        return [b"data: " + line + b"\n\n" for line in [*map(_encoded, spoken), b"[DONE]"]]

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self.digest}", "object": kind, "created": self.created, "model": self.model}

    def _message(self) -> dict[str, Any]:
        said = self.answer
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": said.refusal or None}
        if said.reasoning:
            message["reasoning_content"] = said.reasoning
        if said.calls:
            message["tool_calls"] = [self._call(at, call, call.json) for at, call in enumerate(said.calls)]
        return message

    def _call(self, at: int, call: ScriptedCall, arguments: str) -> dict[str, Any]:
        function = {"name": call.name, "arguments": arguments}
        return {"id": f"call_{self.digest}_{at}", "type": "function", "function": function}

    def _deltas(self) -> list[dict[str, Any]]:
        deltas: list[dict[str, Any]] = [{"reasoning_content": piece} for piece in _pieces(self.answer.reasoning)]
        deltas += [{"refusal": piece} for piece in _pieces(self.answer.refusal)]
        deltas += [{"content": piece} for piece in _pieces(self.answer.text)]
        for at, call in enumerate(self.answer.calls):
            first, *rest = _pieces(call.json) or [""]
            deltas.append({"tool_calls": [{"index": at, **self._call(at, call, first)}]})
            deltas += [{"tool_calls": [{"index": at, "function": {"arguments": piece}}]} for piece in rest]
        first_delta = deltas[0] if deltas else {"content": ""}
        return [{"role": "assistant", **first_delta}, *deltas[1:]]

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        body = self._head("chat.completion.chunk")
        body["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]
        if self.include_usage:
            body["usage"] = None
        return body


def tokens(characters: int) -> int:
    """Tokens as the rehearsal counts them: a quarter of the characters, rounded up."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def digest_of(body: bytes) -> str:
    """A short name for a request's body: the same request has the same one."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def _encoded(body: dict[str, Any]) -> bytes:
    """JSON in UTF-8; half characters, which UTF-8 cannot carry, as escapes, as other servers send them."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def _pieces(text: str) -> list[str]:
    """A few pieces: halves of what is short, and never more than eight."""
    if not text:
        return []
    size = max(_PIECE, -(-len(text) // 8)) if len(text) > 2 * _PIECE else -(-len(text) // 2)
    return [text[at : at + size] for at in range(0, len(text), size)]
