"""Anthropic's messages: blocks of content, thinking that is signed, results of tools in the user's next message."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from damascus.doubles.model.openai_format import pieces
from damascus.doubles.model.quirks.answer import QuirkRefusal, QuirkyAnswer
from damascus.doubles.model.scripted_answer import ScriptedCall

THINKING = "I look at what is there, and take one step."
REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix_LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3"}
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_STOP = {"tool_calls": "tool_use", "length": "max_tokens", "refusal": "refusal"}

Block = dict[str, Any]


def to_chat(body: Mapping[str, Any], _call: str) -> dict[str, Any]:
    """Return the request in OpenAI's form."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": text_in(body.get("system", ""))}]
    for message in body["messages"]:
        found = blocks_of(message)
        if message["role"] == "assistant":
            calls = [_chat_call(block) for block in found if block["type"] == "tool_use"]
            messages.append(
                {"role": "assistant", "content": text_in(found), **({"tool_calls": calls} if calls else {})}
            )
            continue
        for block in found:
            if block["type"] == "tool_result":
                content = text_in(block.get("content", ""))
                messages.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": content})
            else:
                messages.append({"role": "user", "content": block["text"]})
    tools = [
        {"type": "function", "function": {"name": tool["name"], "parameters": tool["input_schema"]}}
        for tool in body.get("tools", ())
    ]
    kept = {name: body[name] for name in ("model", "max_tokens", "stream") if name in body}
    return {**kept, "messages": messages, "tools": tools, "stream_options": {"include_usage": True}}


def plays(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an answer depends on: whether the request lets the model think."""
    return {"thinks": _thinks(body)}


def refusal(body: Mapping[str, Any]) -> QuirkRefusal | None:
    """Return what the provider says to a request that it does not take."""
    words = next(_wrong(body), None)
    error = {"type": "invalid_request_error", "message": words}
    return QuirkRefusal(400, {"type": "error", "error": error}) if words else None


def blocks_of(message: Mapping[str, Any]) -> list[Block]:
    """Return a message's content as blocks, also where it is one text."""
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def text_in(content: str | list[Block]) -> str:
    """Return the text of a content, which may be blocks."""
    return content if isinstance(content, str) else "\n".join(block["text"] for block in content if "text" in block)


def sealed(thinking: str) -> str:
    """Return the signature of a block of thinking."""
    return hashlib.blake2b(thinking.encode(), digest_size=64).hexdigest()


def _chat_call(block: Block) -> dict[str, Any]:
    return {
        "id": block["id"],
        "type": "function",
        "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
    }


def _thinks(body: Mapping[str, Any]) -> bool:
    return str(body.get("thinking", {}).get("type")) in ("enabled", "adaptive")


def _wrong(body: Mapping[str, Any]) -> Iterator[str]:
    thinks = _thinks(body)
    if thinks and body.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
    if thinks and body["max_tokens"] <= body["thinking"].get("budget_tokens", 0):
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    open_calls: set[str] = set()
    for n, message in enumerate(body["messages"]):
        found = blocks_of(message)
        if not found or any(block.get("text") == "" for block in found):
            yield "messages: text content blocks must be non-empty"
        if open_calls - {block.get("tool_use_id", "") for block in found}:
            yield f"messages.{n}: `tool_use` ids were found without `tool_result` blocks immediately after"
        open_calls = {block["id"] for block in found if block["type"] == "tool_use"}
        if not all(_ID.fullmatch(id) for id in open_calls):
            yield f"messages.{n}.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        if any(block.get("signature") != sealed(block["thinking"]) for block in found if block["type"] == "thinking"):
            yield f"messages.{n}.content.0: Invalid `signature` in `thinking` block"
        if any(block != REDACTED for block in found if block["type"] == "redacted_thinking"):
            yield f"messages.{n}.content.1: Invalid `data` in `redacted_thinking` block"
        if thinks and open_calls and [block["type"] for block in found[:2]] != ["thinking", "redacted_thinking"]:
            yield (
                f"messages.{n}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
                f"`{found[0]['type']}`. When `thinking` is enabled, a final `assistant` message must start with a "
                "thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
            )


class MessagesAnswer(QuirkyAnswer):
    """An answer as Anthropic spells it."""

    def whole(self) -> bytes:
        """Return the body of an answer that is not streamed."""
        return json.dumps(self._start(self._blocks(), self._stop(), self.completion_tokens)).encode()

    def chunks(self) -> list[bytes]:
        """Return the server-sent events of a streamed answer."""
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": self._start([], None, 1)},
            {"type": "ping"},
        ]
        for at, block in enumerate(self._blocks()):
            opened, deltas = _opened(block)
            events.append({"type": "content_block_start", "index": at, "content_block": opened})
            events += [{"type": "content_block_delta", "index": at, "delta": delta} for delta in deltas]
            events.append({"type": "content_block_stop", "index": at})
        usage = {"output_tokens": self.completion_tokens}
        events.append({"type": "message_delta", "delta": {"stop_reason": self._stop()}, "usage": usage})
        events.append({"type": "message_stop"})
        return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]

    def _start(self, content: list[Block], stop: str | None, written: int) -> dict[str, Any]:
        cached = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        usage = {"input_tokens": self.prompt_tokens, "output_tokens": written, **cached}
        head = {"id": f"msg_{self.digest}", "type": "message", "role": "assistant", "model": self.model}
        return {**head, "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}

    def _stop(self) -> str:
        return _STOP.get(self.answer.finish, "end_turn")

    def _blocks(self) -> list[Block]:
        blocks: list[Block] = []
        if self.plays.get("thinks"):
            thinking = self.answer.reasoning or THINKING
            blocks += [{"type": "thinking", "thinking": thinking, "signature": sealed(thinking)}, REDACTED]
        if self.answer.text:
            blocks.append({"type": "text", "text": self.answer.text})
        return blocks + [self._tool_use(at, call) for at, call in enumerate(self.answer.calls)]

    def _tool_use(self, at: int, call: ScriptedCall) -> Block:
        given = call.arguments if isinstance(call.arguments, dict) else {}
        return {"type": "tool_use", "id": f"toolu_{self.digest}_{at}", "name": call.name, "input": given}


def _opened(block: Block) -> tuple[Block, list[Block]]:
    """Return a block as a stream opens it, and the deltas that fill it."""
    match block["type"]:
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
            sign = {"type": "signature_delta", "signature": block["signature"]}
            return {**block, "thinking": "", "signature": ""}, [*deltas, sign]
        case "text":
            return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        case "tool_use":
            parts = ["", *pieces(json.dumps(block["input"]))]
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": part} for part in parts]
    return block, []
