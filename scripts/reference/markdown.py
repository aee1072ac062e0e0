"""Markdown of JSON schemas: tables of their fields."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

Schema = dict[str, Any]
BOUNDS = (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; `|` and line breaks within a cell do not end it."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def code(value: Any) -> str:
    """Return a value as it stands in JSON, in code type."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def sentence(text: str | None) -> str:
    """Return a docstring or description on one line."""
    return " ".join((text or "").split())


def fields(schema: Schema) -> str:
    """Return a table of an object's fields."""
    required = schema.get("required", [])
    return table(
        ("key", "type", "default", "meaning"),
        (
            (f"`{name}`", kind(field), default(name, field, required), sentence(field.get("description")))
            for name, field in schema.get("properties", {}).items()
        ),
    )


def objects(schema: Schema) -> str:
    """Return a section for each object of a model's schema: itself first, then those that it consists of."""
    whole = inline(schema)
    parts = [whole, *(part for part in whole.get("$defs", {}).values() if "properties" in part)]
    return "\n\n".join(section(part["title"], part) for part in parts)


def section(name: str, schema: Schema) -> str:
    """Return an object's name as a heading, what it is, and its fields."""
    return f"### {name}\n\n{sentence(schema.get('description'))}\n\n{fields(schema)}"


def inline(schema: Schema) -> Schema:
    """Return a model's schema with what is not an object (an enumeration, a tuple) in place of references to it."""
    simple = {f"#/$defs/{name}": part for name, part in schema.get("$defs", {}).items() if "properties" not in part}

    def replace(value: Any) -> Any:
        if isinstance(value, list):
            return [replace(item) for item in value]
        if not isinstance(value, dict):
            return value
        found = simple.get(value.get("$ref", ""), {})
        kept = {key: replace(item) for key, item in value.items() if not (found and key == "$ref")}
        return {**{key: item for key, item in found.items() if key != "description"}, **kept}

    replaced: Schema = replace(schema)
    return replaced


def default(name: str, field: Schema, required: Sequence[str]) -> str:
    """Return a field's default, or that there is none."""
    if name in required:
        return "required"
    return code(field["default"]) if "default" in field else ""


def kind(schema: Schema) -> str:
    """Return a type with its limits, in words."""
    limits = [f"{sign} {schema[key]:,.10g}" for key, sign in BOUNDS if key in schema]
    limits += _range(schema.get("minLength"), schema.get("maxLength"), "characters")
    limits += [f"`{schema['pattern']}`"] if "pattern" in schema else []
    if "prefixItems" not in schema:
        limits += _range(schema.get("minItems"), schema.get("maxItems"), "of them")
    return f"{_name(schema)} ({', '.join(limits)})" if limits else _name(schema)


def _range(low: int | None, high: int | None, what: str) -> list[str]:
    if high is None:
        return [] if not low else ["not empty" if low == 1 else f"at least {low:,} {what}"]
    return [f"{low:,} to {high:,} {what}" if low else f"at most {high:,} {what}"]


def _name(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(kind(choice) for choice in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return " or ".join(code(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema[key] for key in ("items",) if key in schema]
        return f"list of {' and '.join(map(kind, items))}" if items else "list"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"object of {kind(values)}"
    return {"date-time": "time", "path": "path"}.get(schema.get("format", ""), str(schema.get("type", "any")))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
