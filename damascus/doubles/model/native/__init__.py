"""Protocols that providers speak themselves, and that a proxy such as LiteLLM translates to and from OpenAI's.

Each is a file: how a request reads in OpenAI's form, which the staff understands, what of it the provider refuses, and
how it spells an answer. They were compared with what LiteLLM 1.108.7 sends to the providers and reads from them; the
refusals are as the providers' own documents and users' reports word them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from damascus.doubles.model.native import anthropic, gemini
from damascus.doubles.model.quirks.answer import QuirkRefusal, QuirkyAnswer

Body = Mapping[str, Any]


@dataclass(frozen=True)
class NativeProtocol:
    """`to_chat` takes a request's body and the last part of its path; `plays` is what the answer needs of it."""

    to_chat: Callable[[Body, str], dict[str, Any]]
    refusal: Callable[[Body], QuirkRefusal | None]
    answer: type[QuirkyAnswer]
    plays: Callable[[Body], Body]


PROTOCOLS: dict[str, NativeProtocol] = {
    "/v1/messages": NativeProtocol(anthropic.to_chat, anthropic.refusal, anthropic.MessagesAnswer, anthropic.plays),
    "/v1beta/models/{call}": NativeProtocol(gemini.to_chat, gemini.refusal, gemini.GeminiAnswer, gemini.plays),
}
