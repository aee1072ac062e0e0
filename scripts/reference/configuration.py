"""docs/reference/configuration.md: the settings, with the variables that config.yaml names for them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, SecretStr

from damascus.core.settings import Settings
from damascus.core.settings.environment import SECRETS_IN_FILES
from scripts.reference.markdown import code, kind, section, sentence, table

CONFIG = Path(__file__).parents[2] / "config.yaml"
VARIABLE = re.compile(r"\$\{([A-Z_]+)")
UNIT = re.compile(r"USD per million tokens|USD|seconds|MB|kB|share|tasks|model calls|plans")
HEADING = ("key", "environment variable", "type", "unit", "default", "meaning")


def settings() -> str:
    """Return a section with a table for each section of config.yaml."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    schema = Settings.model_json_schema()
    sections, rest = [], []
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            rows = _rows(field.default, config.get(name), f"{name}.", schema)
            sections.append(f"### {name}\n\n{sentence(type(field.default).__doc__)}\n\n{table(HEADING, rows)}")
        else:
            rest.append(_row(name, field.default, config.get(name), schema["properties"][name]))
    text = "\n\n".join([*sections, f"### Outside the sections\n\n{table(HEADING, rest)}"])
    return _with_linked(text, schema["$defs"])


def _with_linked(text: str, shapes: dict[str, Any]) -> str:
    """Return the text with a section for each shape that it links to, and that those link to."""
    for name, shape in shapes.items():
        if f"(#{name.lower()})" in text and f"### {name}\n" not in text:
            return _with_linked(f"{text}\n\n{section(name, shape)}", shapes)
    return text


def secrets_in_files() -> str:
    """Return the variables that may name a file instead."""
    return ", ".join(f"`{name}_FILE`" for name in SECRETS_IN_FILES)


def _rows(values: BaseModel, config: Any, prefix: str, root: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    properties = root["$defs"][type(values).__name__]["properties"]
    for name in type(values).model_fields:
        value, key, given = getattr(values, name), f"{prefix}{name}", (config or {}).get(name)
        if isinstance(value, BaseModel):
            yield from _rows(value, given, f"{key}.", root)
        else:
            yield _row(key, value, given, properties[name])


def _row(key: str, value: Any, config: Any, schema: dict[str, Any]) -> tuple[str, ...]:
    variables = [f"`{name}`" for name in VARIABLE.findall(str(config))] if config is not None else []
    meaning = schema.get("description", "")
    numeric = schema.get("type") in ("integer", "number")
    unit = found[0] if numeric and (found := UNIT.search(meaning)) else ""
    shape = "string, secret" if isinstance(value, SecretStr) else kind(schema)
    return f"`{key}`", ", else ".join(variables), shape, unit, _default(value), sentence(meaning)


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        return code(value.get_secret_value())
    return code(str(value) if isinstance(value, Path) else value)
