"""A tool's parameters as the JSON Schema that a model reads: no titles, no references, no nulls, no bounds.

Models follow a short flat schema better, and every character of it is paid for at each call. A bound is met seldom; who
does is told it by the refusal.
"""

from typing import Any

from pydantic import BaseModel

_BOUNDS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern")
_LEFT_OUT = frozenset({"title", "default", "additionalProperties", *_BOUNDS})


def schema_of(parameters: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a tool's parameters, references put in place."""
    schema = parameters.model_json_schema()
    definitions = schema.pop("$defs", {})
    schema.pop("description", None)
    cleaned = _clean(schema, definitions)
    cleaned.setdefault("properties", {})
    return cleaned


def _clean(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in node.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        node = {**choices[0], **{key: value for key, value in node.items() if key != "anyOf"}}
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        target = {key: value for key, value in definitions[name].items() if key != "description"}
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    cleaned = {key: value for key, value in node.items() if key not in _LEFT_OUT}
    if "properties" in cleaned:
        cleaned["properties"] = {name: _clean(field, definitions) for name, field in cleaned["properties"].items()}
    if isinstance(cleaned.get("items"), dict):
        cleaned["items"] = _clean(cleaned["items"], definitions)
    return cleaned
