"""docs/reference/api.md: the office's OpenAPI document."""

import re
from typing import Any, cast

from damascus.composition.company import Company
from damascus.office.app import create_app
from damascus.office.error_handlers import STATUS
from scripts.reference.markdown import default, kind, section, sentence, table

PAGE = re.compile(r"\[Page_(\w+)_\]\(#page_\w+_\)")  # what FastAPI calls a schema `Page[...]`


def routes() -> str:
    """Return a section for each route, by noun."""
    sections: dict[str, list[str]] = {}
    for path, methods in _document()["paths"].items():
        for method, route in methods.items():
            tag = route.get("tags", ["other"])[0]
            sections.setdefault(tag, [f"### /api/{tag}"]).append(_route(f"{method.upper()} {path}", route))
    text = "\n\n".join("\n\n".join(routes) for routes in sections.values())
    return PAGE.sub(lambda found: f"page of [{found[1]}](#{found[1].lower()})", text)


def schemas() -> str:
    """Return a section for each schema, but for pages, which are all alike."""
    found = _document()["components"]["schemas"]
    return "\n\n".join(section(name, schema) for name, schema in found.items() if not name.startswith("Page_"))


def errors() -> str:
    """Return the table from error to HTTP status."""
    rows = [(str(status), title, f"`{error.__name__}`") for error, status, title in STATUS]
    return table(("status", "title", "error"), rows)


def _document() -> dict[str, Any]:
    # the routes are the same for every company, and none is asked
    return create_app(cast(Company, None), token="").openapi()


def _route(name: str, route: dict[str, Any]) -> str:
    parts = [f"#### {name}", sentence(route.get("description"))]
    if rows := [_parameter(parameter) for parameter in route.get("parameters", [])]:
        parts.append(table(("parameter", "in", "type", "default", "meaning"), rows))
    if body := route.get("requestBody"):
        parts.append(f"Body: {_content(body['content'])}.")
    answers = [f"{code} {_content(r.get('content', {}))}" for code, r in route["responses"].items() if code < "400"]
    return "\n\n".join(filter(None, [*parts, f"Response: {'; '.join(answers)}."]))


def _parameter(parameter: dict[str, Any]) -> tuple[str, ...]:
    schema, required = parameter["schema"], [parameter["name"]] if parameter["required"] else []
    standard = default(parameter["name"], schema, required)
    return f"`{parameter['name']}`", parameter["in"], kind(schema), standard, sentence(parameter.get("description"))


def _content(content: dict[str, Any]) -> str:
    def one(media: str, body: dict[str, Any]) -> str:
        return kind(body["schema"]) if media == "application/json" else f"a stream of `{media}`"

    return " or ".join(one(media, body) for media, body in content.items()) or "without a body"
