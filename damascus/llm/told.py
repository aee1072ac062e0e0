"""What servers tell of a model besides its answers: context window and limit of output, each at a place of its own.

LISTS and `places_of` are the tables of those places. What a model was trained for does not count, but how it was
started. What is not there or cannot be read tells nothing. Never raises.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from damascus.core.records.learnt_models import least

MAX_WINDOW_TOKENS = 1_000_000_000
MAX_ENTRIES = 10_000
_WINDOW = (
    "max_model_len",  # vLLM, SGLang
    "context_length",  # OpenRouter, Together
    "context_window",  # Groq
    "max_context_length",  # Mistral
    "loaded_context_length",  # LM Studio
    "max_input_tokens",
    "n_ctx",  # llama.cpp
    "max_total_tokens",  # text-generation-inference
)
_OUTPUT = ("max_output_tokens", "max_completion_tokens")
_NESTED = ("top_provider", "meta", "model_info", "default_generation_settings", "architecture")
_NUM_CTX = re.compile(r"^num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)

ReadAnswer = Callable[[Any, str], "ToldModel"]


@dataclass(frozen=True, slots=True)
class ToldModel:
    """What a server told; None is what it did not. `vision`: whether the model sees pictures.

    `server` is the server's name, where only that server has such a place.
    """

    window: int | None = None
    max_output: int | None = None
    server: str = ""
    vision: bool | None = None

    def with_also(self, other: "ToldModel") -> "ToldModel":
        """Return what two places tell; the smaller number counts, and a model sees only if no place denies it."""
        window, output = least(self.window, other.window), least(self.max_output, other.max_output)
        seen = [one for one in (self.vision, other.vision) if one is not None]
        return ToldModel(window, output, self.server or other.server, all(seen) if seen else None)


@dataclass(frozen=True, slots=True)
class Question:
    """A place where a server may tell of a model; `names_model`: the model's name is sent there."""

    path: str
    read: ReadAnswer
    names_model: bool = False


def places_of(base_url: str) -> list[Question]:
    """Return the places of particular servers, which are at their root."""
    root = urlsplit(base_url)
    root = root._replace(path=root.path.rstrip("/").removesuffix("/v1"), query="", fragment="")
    return [replace(one, path=root.geturl() + one.path) for one in _PLACES]


def _listed(answer: Any, model: str) -> ToldModel:
    """Read a list of models, or what is said of the only one."""
    found = ToldModel()
    for entry in _entries(answer):
        names = (entry.get(key) for key in ("id", "model_name", "model", "name", "key"))
        if any(name in (model, f"{model}:latest") for name in names):
            found = found.with_also(_numbers(entry))
    return found


def _loaded(answer: Any, model: str) -> ToldModel:
    """Read what LM Studio says of a model: `max_context_length` there is that of its training."""
    found = ToldModel()
    for entry in _entries(answer):
        if model in (entry.get("id"), entry.get("key")):
            found = ToldModel(_tokens(entry.get("loaded_context_length")), server="LM Studio")
    return found


def _running(answer: Any, model: str) -> ToldModel:
    """Read what Ollama says of the models that are loaded."""
    told = _listed(answer, model)
    return ToldModel(told.window, server="Ollama") if isinstance(answer, Mapping) and "models" in answer else told


def _shown(answer: Any, model: str) -> ToldModel:  # noqa: ARG001
    """Read what Ollama says of a model: `model_info` there is of its training."""
    if not (isinstance(answer, Mapping) and "modelfile" in answer):
        return ToldModel()
    found = _NUM_CTX.search(str(answer.get("parameters") or ""))
    can = answer.get("capabilities")
    vision = "vision" in can if isinstance(can, list) else None
    return ToldModel(_tokens(int(found[1])) if found else None, server="Ollama", vision=vision)


def _props(answer: Any, model: str) -> ToldModel:  # noqa: ARG001
    """Read what llama.cpp says of the one model that it serves."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("default_generation_settings"), Mapping):
        return ToldModel()
    return ToldModel(_numbers(answer).window, server="llama.cpp")


def _info(answer: Any, model: str) -> ToldModel:  # noqa: ARG001
    """Read what text-generation-inference says of the one model that it serves."""
    return ToldModel(_tokens(answer.get("max_total_tokens"))) if isinstance(answer, Mapping) else ToldModel()


PRICE_LIST = Question("/model/info", _listed)  # LiteLLM's; other servers do not know it
LISTS = (Question("/models", _listed), PRICE_LIST)
_PLACES = (
    Question("/api/ps", _running),
    Question("/api/show", _shown, names_model=True),
    Question("/api/v0/models", _loaded),
    Question("/props", _props),
    Question("/info", _info),
)


def _entries(answer: Any) -> Iterator[Mapping[str, Any]]:
    listed = answer
    if isinstance(answer, Mapping):
        listed = next((answer[key] for key in ("data", "models") if isinstance(answer.get(key), list)), [])
    for entry in (listed if isinstance(listed, list) else [])[:MAX_ENTRIES]:
        if isinstance(entry, Mapping):
            yield entry


def _numbers(entry: Mapping[str, Any]) -> ToldModel:
    """Return the smallest numbers that an entry has, also in what is nested in it."""
    parts = [entry, *(part for name in _NESTED if isinstance(part := entry.get(name), Mapping))]
    window = least(*(_tokens(part.get(name)) for part in parts for name in _WINDOW))
    output = least(*(_tokens(part.get(name)) for part in parts for name in _OUTPUT))
    return ToldModel(window, output, vision=_vision(parts))


def _vision(parts: list[Mapping[str, Any]]) -> bool | None:
    """Return whether a model is said to see: by LiteLLM in a word of its own, by OpenRouter in what it takes."""
    for part in parts:
        if isinstance(part.get("supports_vision"), bool):
            return bool(part["supports_vision"])
        takes = part.get("input_modalities")
        if isinstance(takes, list):
            return "image" in takes
    return None


def _tokens(value: object) -> int | None:
    """Return a number of tokens that may be meant, None for anything else."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12 else value
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 < number <= MAX_WINDOW_TOKENS else None
