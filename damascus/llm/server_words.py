"""The words of a server's error, wherever in the body they are, and nothing of the conversation that it may repeat.

Known places: OpenAI's `error.message`, FastAPI's `detail` with its list of checks, an answer in the words of the
provider behind a router (`metadata.raw`), a web page, text in text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_WORDS_CHARS = 4_000
MAX_DEPTH = 8
MAX_ITEMS = 5
_PLACES = (
    "error", "errors", "detail", "message", "Message", "msg", "error_description", "error_message", "errorMessage",
    "base_resp", "status_msg", "fault", "faultstring", "title", "reason", "raw",
)  # fmt: skip
_OBJECTS = ("error", "errors", "detail", "message", "base_resp", "fault")
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def words_in(body: object) -> str:
    """Return what an error says, on one line; '' if it says nothing."""
    said: list[str] = []
    for words in _words(body, 0):
        line = _SPACE.sub(" ", words).strip()[:MAX_WORDS_CHARS]
        if line and not any(line in one for one in said):
            said.append(line)
    return ": ".join(said)[:MAX_WORDS_CHARS]


def error_object(body: object) -> Mapping[str, Any]:
    """Return the object that has the error's code, type and details: the innermost one; {} if there is none."""
    for _ in range(MAX_DEPTH):
        body = body[0] if isinstance(body, list) and body else body
        if not isinstance(body, Mapping):
            break
        inner = next((body[key] for key in _OBJECTS if _is_object(body.get(key))), None)
        if inner is None:
            return body
        body = inner
    return {}


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _words(value: object, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from _words_in_text(value, depth)
    elif isinstance(value, list):
        for item in value[:MAX_ITEMS]:
            yield from _words(item, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(value.get("loc"), list):  # a check of a request: where, and what is wrong; its `input` is ours
            yield f"{'.'.join(map(str, value['loc']))}: {value.get('msg', '')}"
            return
        for key in _PLACES:
            yield from _words(value.get(key), depth + 1)
        if isinstance(value.get("metadata"), Mapping):
            yield from _words(value["metadata"], depth + 1)


def _words_in_text(text: str, depth: int) -> Iterator[str]:
    begin = text.lstrip()[:1]
    if begin in ("{", "["):
        try:
            found = list(_words(json.loads(text), depth + 1))
        except (ValueError, RecursionError):
            found = []
        yield from found or [text]
    elif begin == "<":
        yield _TAGS.sub(" ", text)
    else:
        yield text
