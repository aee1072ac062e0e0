"""A chat request as the staff and the faults see it; a body that is not of OpenAI's form is refused."""

import base64
import binascii
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from damascus.core.errors import Invalid
from damascus.doubles.model.task_prompt_parser import ParsedTask, read_task


@dataclass(frozen=True)
class ChatRequest:
    """One request, and in `data` all of it.

    `role` and `task_id` come from `user` and `metadata`, else from the task's own text.
    """

    model: str
    messages: list[dict[str, Any]]
    tools: frozenset[str]
    task: ParsedTask
    role: str
    task_id: str
    stream: bool
    include_usage: bool
    size: int
    max_tokens: int | None
    rehearsal: Mapping[str, Any]
    data: Mapping[str, Any]
    pictures: tuple["ArrivedPicture", ...] = ()


@dataclass(frozen=True)
class ArrivedPicture:
    """A picture of a request, as a model would read it: the SHA-256 of its bytes, and its size in pixels."""

    digest: str
    width: int
    height: int


def read_request(body: bytes) -> ChatRequest:
    """Parse a request's body. Raises Invalid if it is not of OpenAI's form."""
    data = _object(body)
    messages = data.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise Invalid("'messages' must be a non-empty list of objects")
    pictures, in_place = _pictures(messages)
    messages = [{**message, "content": _text(message.get("content"))} for message in messages]
    task = read_task(messages)
    metadata, options = data.get("metadata") or {}, data.get("stream_options") or {}
    rehearsal = data.get("rehearsal") or {}
    if not all(isinstance(part, dict) for part in (metadata, options, rehearsal)):
        raise Invalid("'metadata', 'stream_options' and 'rehearsal' must be objects")
    return ChatRequest(
        model=str(data.get("model") or "rehearsal"),
        messages=messages,
        tools=_tool_names(data.get("tools") or []),
        task=task,
        role=str(data.get("user") or task.role),
        task_id=str(metadata.get("task") or task.id),
        stream=bool(data.get("stream")),
        include_usage=bool(options.get("include_usage")),
        size=len(body) - in_place,
        max_tokens=_limit(data.get("max_completion_tokens", data.get("max_tokens"))),
        rehearsal=rehearsal,
        data=data,
        pictures=pictures,
    )


def _text(content: Any) -> Any:
    """Return what a message says, also where it is in parts."""
    if not isinstance(content, list):
        return content
    return "\n".join(str(part.get("text")) for part in content if isinstance(part, dict) and part.get("type") == "text")


def _pictures(messages: list[dict[str, Any]]) -> tuple[tuple[ArrivedPicture, ...], int]:
    """Return the pictures of a request, and of how many bytes its size is less by them than its body.

    One counts as it does at Anthropic: a token for 750 pixels. Raises Invalid if a server would not take one.
    """
    found, less = list[ArrivedPicture](), 0
    parts = [part for one in messages if isinstance(one.get("content"), list) for part in one["content"]]
    for part in parts:
        if not isinstance(part, dict) or part.get("type") not in ("text", "image_url"):
            raise Invalid("the parts of a message are texts, and pictures under `image_url`")
        if part["type"] == "text":
            continue
        url = str((part.get("image_url") or {}).get("url"))
        try:
            png = base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)
            width, height = struct.unpack_from(">II", png, 16)
        except (binascii.Error, ValueError, struct.error):
            raise Invalid("invalid image_url: expected a PNG as a base64 data URL") from None
        found.append(ArrivedPicture(hashlib.sha256(png).hexdigest(), width, height))
        less += len(url) - width * height // 750 * 4
    return tuple(found), less


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError as error:
        raise Invalid(f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise Invalid("the body must be a JSON object")
    return data


def _limit(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _tool_names(offered: Any) -> frozenset[str]:
    try:
        return frozenset(str(tool["function"]["name"]) for tool in offered)
    except (TypeError, KeyError):
        raise Invalid("each of 'tools' must be {type: function, function: {name, ...}}") from None
