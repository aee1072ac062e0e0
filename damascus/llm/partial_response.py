"""A response while it arrives: the pieces of a stream (or one whole message) put together, nothing interpreted yet."""

from typing import Any

from damascus.llm.port import MAX_TOOL_CALLS

MAX_RESPONSE_CHARS = 4 * 1024 * 1024
_REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")


class PartialResponse:
    """What has arrived so far. Takes any JSON: fields of an unexpected type are passed over.

    `length` counts characters; at `MAX_RESPONSE_CHARS` the rest of the response is not waited for.
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] = {}
        self.reported_cost: object = None
        self.done = False
        self._answered = False
        self.length = 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._by_index: dict[object, dict[str, Any]] = {}

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
    def full(self) -> bool:
        """True if the response reached MAX_RESPONSE_CHARS."""
        return self.length >= MAX_RESPONSE_CHARS

    @property
    def complete(self) -> bool:
        """True if the server reported the end of the response."""
        return self.finish_reason is not None or (self.done and self._answered)

    def add(self, event: dict[str, Any]) -> str:
        """Add one chunk of a stream or one whole completion. Returns the text that it added."""
        if isinstance(event.get("usage"), dict):
            self.usage = event["usage"]
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        self._answered = True
        choice = choices[0]
        if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
            self.finish_reason = choice["finish_reason"]
        piece = choice.get("delta") or choice.get("message")
        return self._add_piece(piece) if isinstance(piece, dict) else ""

    def _add_piece(self, piece: dict[str, Any]) -> str:
        text = _text_in(piece.get("content"))
        self._keep(self._text, text)
        self._keep(self._refusal, _text_in(piece.get("refusal")))
        self._keep(self._reasoning, next(filter(None, (_text_in(piece.get(key)) for key in _REASONING_KEYS)), ""))
        calls = piece.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict):
                self._add_call(call)
        if isinstance(piece.get("function_call"), dict):
            self._add_call({"index": "function_call", "function": piece["function_call"]})
        return text

    def _keep(self, where: list[str], text: str) -> None:
        if text:
            where.append(text[: max(MAX_RESPONSE_CHARS - self.length, 0)])
            self.length += len(text)

    def _add_call(self, piece: dict[str, Any]) -> None:
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call = self._call_for(piece, bool(function.get("name")))
        if call is None:
            return
        if piece.get("id") and isinstance(piece["id"], str):
            call["id"] = piece["id"]
        name = function.get("name")
        if isinstance(name, str) and name != call["name"] and not self.full:
            call["name"] += name
            self.length += len(name)
        self._add_arguments(call, function.get("arguments"))

    def _call_for(self, piece: dict[str, Any], named: bool) -> dict[str, Any] | None:
        """Return the call that this piece continues, or a new one: some servers number every call 0, some number none.

        Returns None if there are MAX_TOOL_CALLS already.
        """
        index = piece.get("index")
        key = index if isinstance(index, int | str) else None
        known = self._by_index.get(key)
        another = named and (key is None or bool(piece.get("id") and known and known["id"] not in ("", piece["id"])))
        if known is not None and not another:
            return known
        if len(self.calls) >= MAX_TOOL_CALLS:
            return None
        call: dict[str, Any] = {"id": "", "name": "", "arguments": []}
        self.calls.append(call)
        self._by_index[key] = call
        return call

    def _add_arguments(self, call: dict[str, Any], arguments: object) -> None:
        if isinstance(arguments, str):
            self._keep(call["arguments"], arguments)
        elif arguments is not None:
            call["arguments"] = [arguments]
            self.length += len(str(arguments))


def arguments_of(call: dict[str, Any]) -> object:
    """Return the arguments of one of `calls`: the text that was streamed, or the JSON value that came whole."""
    pieces = call["arguments"]
    return pieces[0] if len(pieces) == 1 and not isinstance(pieces[0], str) else "".join(map(str, pieces))


def _text_in(value: object) -> str:
    """Return text given as a string or as a list of parts, each with a string."""
    if isinstance(value, str):
        return value
    parts = [part.get("text") for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return "".join(part for part in parts if isinstance(part, str))
