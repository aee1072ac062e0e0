"""Embeddings without a model: words hashed into a vector, so that texts which share words are near each other."""

import array
import base64
import hashlib
import math
import re
from typing import Any

from damascus.core.errors import Invalid
from damascus.doubles.model.openai_format import token_count

DEFAULT_DIMENSIONS = 256
MAX_DIMENSIONS = 4096
_WORD = re.compile(r"\w+")


def embed(text: str, dimensions: int = DEFAULT_DIMENSIONS) -> list[float]:
    """Return a vector of length 1; the same text gives the same one on every machine."""
    vector = [0.0] * dimensions
    for word in _WORD.findall(text.lower()) or [text]:
        number = int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "big")
        vector[(number >> 1) % dimensions] += 1.0 if number & 1 else -1.0
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else [1.0, *vector[1:]]


def embed_request(data: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a request for embeddings.

    Raises Invalid if the request is not of OpenAI's form.
    """
    texts, dimensions = _texts(data.get("input")), data.get("dimensions") or DEFAULT_DIMENSIONS
    if not isinstance(dimensions, int) or not 0 < dimensions <= MAX_DIMENSIONS:
        raise Invalid(f"'dimensions' must be a whole number from 1 to {MAX_DIMENSIONS}")
    packed = data.get("encoding_format") == "base64"
    vectors = [embed(text, dimensions) for text in texts]
    rows = [
        {"object": "embedding", "index": at, "embedding": _pack(vector) if packed else vector}
        for at, vector in enumerate(vectors)
    ]
    read = sum(token_count(len(text)) for text in texts)
    usage = {"prompt_tokens": read, "total_tokens": read}
    return {"object": "list", "data": rows, "model": str(data.get("model") or "rehearsal"), "usage": usage}


def _texts(given: Any) -> list[str]:
    """Texts, or lists of token numbers, as OpenAI takes them."""
    listed = given if isinstance(given, list) else [given]
    if listed and all(isinstance(item, int) for item in listed):
        listed = [listed]
    texts = [" ".join(map(str, item)) if isinstance(item, list) else item for item in listed]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise Invalid("'input' must be a text or a non-empty list of texts")
    return texts


def _pack(vector: list[float]) -> str:
    return base64.b64encode(array.array("f", vector).tobytes()).decode()
