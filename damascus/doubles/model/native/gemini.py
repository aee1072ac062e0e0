"""Gemini's generateContent: parts of content, a signature on the first call of each answer, results by name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from damascus.doubles.model.quirks.answer import QuirkRefusal, QuirkyAnswer, signature
from damascus.doubles.model.scripted_answer import ScriptedCall

THINKING = "I look at what is there, and take one step."
_STOP = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}

Part = dict[str, Any]


def to_chat(body: Mapping[str, Any], call: str) -> dict[str, Any]:
    """Return the request in OpenAI's form; `call` is `MODEL:METHOD`."""
    model, _, method = call.partition(":")
    messages = [{"role": "system", "content": _text_in(_system(body))}]
    for n, content in enumerate(body["contents"]):
        messages += _messages(content, n)
    declared = [one for tool in body.get("tools", ()) for one in _declarations(tool)]
    tools = [{"type": "function", "function": {"name": one["name"], "parameters": {}}} for one in declared]
    streamed = method == "streamGenerateContent"
    return {"model": model, "messages": messages, "tools": tools, "stream": streamed, "stream_options": {}}


def plays(_body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an answer depends on: nothing."""
    return {}


def refusal(body: Mapping[str, Any]) -> QuirkRefusal | None:
    """Return what the provider says to a request that it does not take."""
    words = next(_wrong(body), None)
    return (
        QuirkRefusal(400, {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}) if words else None
    )


def _system(body: Mapping[str, Any]) -> list[Part]:
    found = body.get("system_instruction") or body.get("systemInstruction") or {}
    return found.get("parts", [])  # type: ignore[no-any-return]


def _declarations(tool: Mapping[str, Any]) -> list[dict[str, Any]]:
    return tool.get("function_declarations") or tool.get("functionDeclarations") or []


def _text_in(parts: list[Part]) -> str:
    return "\n".join(part["text"] for part in parts if "text" in part and not part.get("thought"))


def _messages(content: Mapping[str, Any], n: int) -> Iterator[dict[str, Any]]:
    parts = content["parts"]
    if content["role"] == "model":
        calls = [_chat_call(part["functionCall"], n, at) for at, part in enumerate(_with(parts, "functionCall"))]
        yield {"role": "assistant", "content": _text_in(parts), **({"tool_calls": calls} if calls else {})}
        return
    for at, part in enumerate(_with(parts, "functionResponse")):
        answered = part["functionResponse"]["response"]
        text = next(iter(answered.values())) if len(answered) == 1 else json.dumps(answered)
        yield {"role": "tool", "tool_call_id": f"{n - 1}.{at}", "content": str(text)}
    yield from ({"role": "user", "content": part["text"]} for part in _with(parts, "text"))


def _with(parts: list[Part], key: str) -> list[Part]:
    """Return the parts of a kind; LiteLLM says function_call, the provider's documents functionCall: both are taken."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    return [{**part, key: part[name]} for part in parts for name in (key, snake) if name in part][: len(parts)]


def _chat_call(call: Mapping[str, Any], n: int, at: int) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": json.dumps(call.get("args", {}))}
    return {"id": f"{n}.{at}", "type": "function", "function": function}


def _wrong(body: Mapping[str, Any]) -> Iterator[str]:
    called = 0
    for n, content in enumerate(body["contents"]):
        parts = content.get("parts")
        if not parts or any(part.get("text") == "" and len(part) == 1 for part in parts):
            yield "Unable to submit request because it must have a text parameter."
        if called != len(_with(parts, "functionResponse")):
            yield (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        calls = _with(parts, "functionCall")
        called = len(calls)
        if calls and calls[0].get("thoughtSignature") != _signature_of(calls[0]["functionCall"]):
            yield (
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                f"work correctly. Function call `{calls[0]['functionCall']['name']}`, position {n}."
            )


def _signature_of(call: Mapping[str, Any]) -> str:
    return signature(ScriptedCall(call["name"], call.get("args", {})))


class GeminiAnswer(QuirkyAnswer):
    """An answer as Gemini spells it."""

    def whole(self) -> bytes:
        """Return the body of an answer that is not streamed."""
        return json.dumps(self._event(self._parts(), last=True)).encode()

    def chunks(self) -> list[bytes]:
        """Return the server-sent events of a streamed answer."""
        parts = self._parts()
        events = [self._event([part], last=at == len(parts)) for at, part in enumerate(parts, 1)]
        return [f"data: {json.dumps(event)}\r\n\r\n".encode() for event in events]

    def _parts(self) -> list[Part]:
        parts: list[Part] = [{"text": self.answer.reasoning or THINKING, "thought": True}]
        parts += [{"text": self.answer.text}] if self.answer.text else []
        parts += [self._function_call(at, call) for at, call in enumerate(self.answer.calls)]
        return parts if self.answer.calls else [*parts, {"text": "", "thoughtSignature": "c2ln"}]

    def _function_call(self, at: int, call: ScriptedCall) -> Part:
        given = call.arguments if isinstance(call.arguments, dict) else {}
        part: Part = {"functionCall": {"name": call.name, "args": given}}
        return part if at else {**part, "thoughtSignature": _signature_of(part["functionCall"])}

    def _event(self, parts: list[Part], *, last: bool) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
        read, written, thought = self.prompt_tokens, self.completion_tokens, 20
        usage = {
            "promptTokenCount": read,
            "candidatesTokenCount": written,
            "thoughtsTokenCount": thought,
            "totalTokenCount": read + written + thought,
        }
        if last:
            candidate["finishReason"] = _STOP.get(self.answer.finish, "STOP")
        return {
            "candidates": [candidate],
            "usageMetadata": usage,
            "modelVersion": self.model,
            "responseId": self.digest,
        }
