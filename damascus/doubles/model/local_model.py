"""A model on somebody's own machine: loaded at the first request, slow, thinking first, with a small window.

Compared with Ollama: its source for what a window drops (server/prompt.go: the oldest messages go first, those of the
system and the last one stay, a tool's result keeps its call; what is still too long loses its front, where tools and
system message stand) and logs that people published (`truncating input prompt` limit=8192 prompt=10552 keep=4
new=8192): no error says so, only `usage.prompt_tokens` does. Its latest releases keep half of the window only of what
is longer. A request that comes while the model loads waits, as there, or is refused with the words of llama.cpp's
server. A server that has room for one request at a time lets others wait without a word.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from damascus.doubles.model.chat_request import ChatRequest, read_request
from damascus.doubles.model.openai_format import CHARS_PER_TOKEN, token_count
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall

LOADING_BODY = b'{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}'
_THOUGHT = "I look at what the task asks for, at what is done, and at what comes next. "


@dataclass
class LocalModel:
    """Seconds of loading, tokens a second, tokens of thinking before each answer, tokens of its window; 0: without.

    `reading` are the tokens of a request that it reads in a second; with `keeps_half` a request that does not fit is
    cut to half of the window, and with `one_at_a_time` the others wait.
    """

    loading: float = 0.0
    speed: float = 0.0
    thinking: int = 0
    window: int = 0
    refuses_while_loading: bool = False
    reading: float = 0.0
    keeps_half: bool = False
    one_at_a_time: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _loaded_at: float | None = None

    def seconds_to_load(self, now: float) -> float:
        """Return how long a request at `now` has to wait; the first one begins the loading."""
        if self._loaded_at is None:
            self._loaded_at = now + self.loading
        return max(self._loaded_at - now, 0.0)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until nobody else is served, where that is so."""
        if not self.one_at_a_time:
            yield
            return
        async with self._turn:
            yield

    def seconds_to_read(self, tokens: int) -> float:
        return tokens / self.reading if self.reading else 0.0

    def prompt_tokens(self, request: ChatRequest) -> int:
        """Return the tokens of a request that the model reads."""
        if not self.window:
            return token_count(request.size)
        tokens = tokens_of([request.messages, request.data.get("tools")])
        return tokens if tokens <= self.window else self._kept

    def as_read(self, request: ChatRequest) -> ChatRequest:
        """Return what is left of a request in the window."""
        tools = request.data.get("tools") or []
        if not self.window or tokens_of([request.messages, tools]) <= self.window:
            return request
        system = [message for message in request.messages if message.get("role") == "system"]
        turns = [message for message in request.messages if message.get("role") != "system"]
        starts = [at for at, message in enumerate(turns) if message.get("role") != "tool"] or [0]
        for start in starts:
            messages = [*system, *turns[start:]]
            if tokens_of([messages, tools]) <= self._kept:
                return _with(request, messages, tools)
        return _with(request, _ends(turns[starts[-1] :], self._kept), [])

    @property
    def _kept(self) -> int:
        """How many tokens stay of a request that is too long."""
        return self.window // 2 if self.keeps_half else self.window

    def spoken(self, answer: ScriptedAnswer, max_tokens: int | None) -> ScriptedAnswer:
        """Return the answer behind its thinking, as far as it comes within `max_tokens`."""
        if self.thinking:
            thought = _THOUGHT * (self.thinking * CHARS_PER_TOKEN // len(_THOUGHT) + 1)
            answer = replace(answer, reasoning=thought[: self.thinking * CHARS_PER_TOKEN])
        if max_tokens is None or not (self.thinking or self.speed or self.window):
            return answer
        return _cut(answer, max_tokens * CHARS_PER_TOKEN)


def tokens_of(prompt: list[Any]) -> int:
    """Return the tokens of what a prompt is made from; no tokenizer takes two words for one token."""
    text = json.dumps(prompt, ensure_ascii=False)
    return max(len(text.split()), token_count(len(text)))


def _with(request: ChatRequest, messages: list[dict[str, Any]], tools: list[Any]) -> ChatRequest:
    return read_request(json.dumps({**request.data, "messages": messages, "tools": tools}).encode())


def _ends(messages: list[dict[str, Any]], left: int) -> list[dict[str, Any]]:
    """Return the messages without their front, so that `left` tokens stay."""
    kept: list[dict[str, Any]] = []
    for message in reversed(messages):
        text = str(message.get("content") or "")
        end = text[-left * CHARS_PER_TOKEN :] if left > 0 else ""
        left -= max(len(end.split()), token_count(len(end)))
        kept.insert(0, {**message, "content": end})
    return kept


def _cut(answer: ScriptedAnswer, chars: int) -> ScriptedAnswer:
    """Return the first so many characters of an answer; `length` is its reason to end if that is not all."""
    if answer.size <= chars:
        return answer
    reasoning, chars = answer.reasoning[:chars], max(chars - len(answer.reasoning), 0)
    text, chars = answer.text[:chars], max(chars - len(answer.text), 0)
    calls: list[ScriptedCall] = []
    for call in answer.calls:
        if chars <= len(call.name):
            break
        calls.append(ScriptedCall(call.name, call.json[: chars - len(call.name)]))
        chars -= len(call.name) + len(call.json)
    return replace(answer, reasoning=reasoning, text=text, calls=tuple(calls), finish_reason="length")
