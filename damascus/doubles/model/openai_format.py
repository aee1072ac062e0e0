"""How OpenAI's protocol spells an answer: whole, or as the chunks of a stream, with its tokens and its cost."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from damascus.doubles.model import NAME
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall

USD_PER_INPUT_TOKEN = 0.15e-6
USD_PER_OUTPUT_TOKEN = 0.60e-6
CHARS_PER_TOKEN = 4
MAX_CHUNKS_PER_FIELD = 8
_CHUNK_CHARS = 400


@dataclass(frozen=True)
class FormattedAnswer:
    """An answer to one request, with what the protocol needs beside it; `by_token`: streamed a token a piece."""

    answer: ScriptedAnswer
    model: str
    digest: str
    created: int
    prompt_tokens: int
    streamed: bool
    include_usage: bool
    by_token: bool = False

    @property
    def completion_tokens(self) -> int:
        return token_count(self.answer.size)

    @property
    def cost_usd(self) -> float:
        """In US dollars, by the counted tokens."""
        return self.prompt_tokens * USD_PER_INPUT_TOKEN + self.completion_tokens * USD_PER_OUTPUT_TOKEN

    @property
    def usage(self) -> dict[str, Any]:
        """The protocol's `usage`: counted, or as a fault sets it; with its cost under the rehearsal's own name only.

        By any other name it plays a server that knows no prices, as one on somebody's own machine.
        """
        if self.answer.usage is not None:
            return self.answer.usage
        read, written = self.prompt_tokens, self.completion_tokens
        counted = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        return {**counted, "cost": round(self.cost_usd, 9)} if self.model == NAME else counted

    def whole(self) -> bytes:
        """Return the body of an answer that is not streamed."""
        body = self._head("chat.completion")
        body["choices"] = [
            {"index": 0, "message": self._message(), "finish_reason": self.answer.finish, "logprobs": None}
        ]
        if self.usage:
            body["usage"] = {key: value for key, value in self.usage.items() if key != "cost"}
        return _encode(body)

    def chunks(self) -> list[bytes]:
        """Return the server-sent events of a streamed answer, `[DONE]` included."""
        events = [self._chunk(delta) for delta in self._deltas()]
        events.append(self._chunk({}, self.answer.finish))
        if self.include_usage and self.usage:
            events.append({**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage})
        return [b"data: " + line + b"\n\n" for line in [*map(_encode, events), b"[DONE]"]]

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self.digest}", "object": kind, "created": self.created, "model": self.model}

    def _message(self) -> dict[str, Any]:
        answer = self.answer
        message: dict[str, Any] = {
            "role": "assistant",
            "content": answer.text or None,
            "refusal": answer.refusal or None,
        }
        if answer.reasoning:
            message["reasoning_content"] = answer.reasoning
        if answer.calls:
            message["tool_calls"] = [self._call(at, call, call.json) for at, call in enumerate(answer.calls)]
        return message

    def _call(self, at: int, call: ScriptedCall, arguments: str) -> dict[str, Any]:
        function = {"name": call.name, "arguments": arguments}
        return {"id": f"call_{self.digest}_{at}", "type": "function", "function": function}

    def _index(self, at: int) -> int:
        return at

    def _pieces(self, text: str) -> list[str]:
        if not self.by_token:
            return pieces(text)
        return [text[at : at + CHARS_PER_TOKEN] for at in range(0, len(text), CHARS_PER_TOKEN)]

    def _deltas(self) -> list[dict[str, Any]]:
        deltas: list[dict[str, Any]] = [{"reasoning_content": piece} for piece in self._pieces(self.answer.reasoning)]
        deltas += [{"refusal": piece} for piece in self._pieces(self.answer.refusal)]
        deltas += [{"content": piece} for piece in self._pieces(self.answer.text)]
        for at, call in enumerate(self.answer.calls):
            first, *rest = self._pieces(call.json) or [""]
            deltas.append({"tool_calls": [{"index": self._index(at), **self._call(at, call, first)}]})
            deltas += [{"tool_calls": [{"index": self._index(at), "function": {"arguments": piece}}]} for piece in rest]
        first_delta = deltas[0] if deltas else {"content": ""}
        return [{"role": "assistant", **first_delta}, *deltas[1:]]

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        body = self._head("chat.completion.chunk")
        body["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]
        if self.include_usage:
            body["usage"] = None
        return body


def token_count(characters: int) -> int:
    """Return the tokens as the rehearsal counts them: a quarter of the characters, rounded up."""
    return -(-characters // CHARS_PER_TOKEN)


def digest_of(body: bytes) -> str:
    """Return a short name for a request's body; the same request has the same one."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def _encode(body: dict[str, Any]) -> bytes:
    """Encode as JSON in UTF-8; lone surrogates, which UTF-8 cannot carry, as escapes, as other servers send them."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def pieces(text: str) -> list[str]:
    """Return a few pieces: halves of what is short, and never more than MAX_CHUNKS_PER_FIELD."""
    if not text:
        return []
    size = (
        max(_CHUNK_CHARS, -(-len(text) // MAX_CHUNKS_PER_FIELD)) if len(text) > 2 * _CHUNK_CHARS else -(-len(text) // 2)
    )
    return [text[at : at + size] for at in range(0, len(text), size)]
