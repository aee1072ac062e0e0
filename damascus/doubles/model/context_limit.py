"""A model whose context is limited, and that says so: a request that does not fit is refused with status 400.

The words are those that OpenAI, LiteLLM before OpenAI, and llama.cpp's server answer with; the first two count what the
answer may take, too. A refusal costs nothing. A local model that says nothing is in local_model.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.local_model import tokens_of


@dataclass
class ContextLimit:
    """At most `tokens` of a request and its answer together; 0: no limit. `words` names who refuses."""

    tokens: int = 0
    words: str = "openai"

    def refusal(self, request: ChatRequest) -> dict[str, Any] | None:
        """Return the error for a request that does not fit, None for one that does."""
        read = tokens_of([request.messages, request.data.get("tools")])
        asked = 0 if self.words == "llama" else request.max_tokens or 0
        if not self.tokens or read + asked <= self.tokens:
            return None
        return WORDS[self.words](self.tokens, read, asked)


def _openai(most: int, read: int, asked: int) -> dict[str, Any]:
    return {
        "error": {
            "message": _said(most, read, asked), "type": "invalid_request_error", "param": "messages",
            "code": "context_length_exceeded",
        }
    }  # fmt: skip


def _litellm(most: int, read: int, asked: int) -> dict[str, Any]:
    before = "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException"
    error = {"message": f"{before} - {_said(most, read, asked)}", "type": None, "param": None, "code": "400"}
    return {"error": error}


def _llama(most: int, read: int, _asked: int) -> dict[str, Any]:
    message = f"the request exceeds the available context size ({most} tokens), try increasing it"
    return {
        "error": {
            "code": 400, "message": message, "type": "exceed_context_size_error", "n_prompt_tokens": read, "n_ctx": most
        }
    }  # fmt: skip


def _said(most: int, read: int, asked: int) -> str:
    if read > most:
        over = f"your messages resulted in {read} tokens. Please reduce the length of the messages."
    else:
        over = (
            f"you requested {read + asked} tokens ({read} in the messages, {asked} in the completion). Please reduce "
            "the length of the messages or completion."
        )
    return f"This model's maximum context length is {most} tokens. However, {over}"


WORDS: dict[str, Callable[[int, int, int], dict[str, Any]]] = {"litellm": _litellm, "llama": _llama, "openai": _openai}
