"""A response while it arrives: the pieces of a stream (or one whole message) put together, nothing interpreted yet."""

from collections.abc import Set
from typing import Any, TypeGuard

from damascus.core.live_output import OutputPart, OutputPiece
from damascus.llm.call_assembly import CallAssembly
from damascus.llm.provider_fields import merged_fields

MAX_RESPONSE_CHARS = 4 * 1024 * 1024
MIN_RESPONSE_CHARS = 64 * 1024
MAX_CHARS_PER_TOKEN = 16  # four times what a token of text has
MAX_PROVIDER_CHARS = 1024 * 1024  # of what is kept for the provider alone; it is a row, and goes back with each call
MAX_USAGE_DEPTH = 4
_KNOWN_KEYS = frozenset({"role", "content", "tool_calls", "function_call", "refusal", "audio", "annotations", "name"})
_REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")


class PartialResponse:
    """What has arrived so far. Takes any JSON: fields of an unexpected type are passed over.

    `length` counts characters. A server that ignores `max_tokens` would bill without end: at a number of characters
    that so many tokens cannot have, MAX_RESPONSE_CHARS at most, the rest of the response is not waited for. `fields` is
    what the message has besides what the protocol knows. `offered` are the names of the tools that the model was given.
    """

    def __init__(self, offered: Set[str] = frozenset(), max_tokens: int = MAX_RESPONSE_CHARS) -> None:
        self._max_chars = min(MIN_RESPONSE_CHARS + max_tokens * MAX_CHARS_PER_TOKEN, MAX_RESPONSE_CHARS)
        self.fields: dict[str, Any] = {}
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] = {}
        self.reported_cost: object = None
        self.done = False
        self.unread = ""
        self._answered = self._streamed = False
        self._number: object = None  # of the choice that is read
        self.length = 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._assembly = CallAssembly(offered)
        self._provider_chars = 0

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tool calls so far, each {"id", "name", "arguments", "fields"}."""
        return self._assembly.calls

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        return "".join(self._reasoning)

    @property
    def refusal(self) -> str:
        return "".join(self._refusal)

    @property
    def arrived(self) -> int:
        """Return how many characters have arrived in all; what carries none is silence."""
        return self.length + self._provider_chars

    @property
    def began(self) -> bool:
        """True once a choice has arrived."""
        return self._answered

    @property
    def full(self) -> bool:
        """True if the response has as many characters as are read of it."""
        return self.length >= self._max_chars

    @property
    def complete(self) -> bool:
        """True if the server reported the end of the response."""
        return self.finish_reason is not None or (self.done and self._answered)

    def add(self, event: dict[str, Any]) -> list[OutputPiece]:
        """Add one chunk of a stream or one whole completion. Returns what it added."""
        self._keep_usage(event)
        self._keep_usage(event.get("x_groq"))
        choice = self._choice_of(event.get("choices"))
        if choice is None:
            return []
        self._answered = True
        self._keep_usage(choice)
        if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
            self.finish_reason = choice["finish_reason"]
        whole = not choice.get("delta")
        piece = choice.get("message") if whole else choice["delta"]
        if not isinstance(piece, dict) or (whole and self._streamed):  # some say it all again at the end of a stream
            return []
        self._streamed = self._streamed or not whole
        return self._add_piece(piece, whole)

    def _choice_of(self, choices: object) -> dict[str, Any] | None:
        """Return the event's piece of the response: of several that are given at once it is the first."""
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict):
                number = choice.get("index")
                self._number = number if self._number is None else self._number
                if number is None or number == self._number:
                    return choice
        return None

    def _keep_usage(self, holder: object) -> None:
        """Keep the largest of the figures that come: some servers count on from piece to piece, some end with zeros."""
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(usage, dict):
            self.usage = _larger(self.usage, usage, 0)

    def _add_piece(self, piece: dict[str, Any], whole: bool) -> list[OutputPiece]:
        text = _text_in(piece.get("content"))
        reasoning = next(filter(None, (_text_in(piece.get(key)) for key in _REASONING_KEYS)), "")
        self._keep(self._text, text)
        self._keep(self._refusal, _text_in(piece.get("refusal")))
        self._keep(self._reasoning, reasoning)
        self._keep_fields(piece)
        calls = piece.get("tool_calls")
        pieces = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
        if isinstance(piece.get("function_call"), dict):
            pieces.append({"index": "function_call", "function": piece["function_call"]})
        self.length += self._assembly.add(pieces, self._max_chars - self.length, whole=whole)
        said = [OutputPiece(OutputPart.REASONING, reasoning), OutputPiece(OutputPart.TEXT, text)]
        return [one for one in said if one.text] + self._assembly.take_heard()

    def _keep_fields(self, piece: dict[str, Any]) -> None:
        """Keep what only the provider understands; of what is too long nothing, since half of it is worse."""
        fields = {key: value for key, value in piece.items() if key not in _KNOWN_KEYS and value is not None}
        self._provider_chars += len(str(fields)) if fields else 0
        self.fields = merged_fields(self.fields, fields) if self._provider_chars <= MAX_PROVIDER_CHARS else {}

    def _keep(self, where: list[str], text: str) -> None:
        if text:
            where.append(text[: max(self._max_chars - self.length, 0)])
            self.length += len(text)


def _larger(old: dict[str, Any], new: dict[str, Any], depth: int) -> dict[str, Any]:
    """Return the figures of both, of each the larger one; what is not a number counts as it was said last."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict) and depth < MAX_USAGE_DEPTH:
            merged[key] = _larger(before, value, depth + 1)
        elif _is_number(before) and (value is None or (_is_number(value) and value < before)):
            continue
        else:
            merged[key] = value
    return merged


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text_in(value: object) -> str:
    """Return text given as a string or as a list of parts, each with a string."""
    if isinstance(value, str):
        return value
    parts = [part.get("text") for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return "".join(part for part in parts if isinstance(part, str))
