"""The office's OpenAPI document: that of the framework, with every error as it is really answered."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from damascus.api.problem import MEDIA_TYPE, ProblemDetails

EVERYWHERE = {
    401: "No token or cookie, or a wrong one",
    403: "A page of another origin, or a cookie without its X-CSRF-Token",
    408: "The body did not arrive in time",
    413: "The body is too large",
    421: "Asked for by a name that is not the office's",
    422: "The request does not fit its schema, or says what cannot be",
    503: "The ledger, Redis or another part is away; try again",
}
OF_NAMES = {404: "What the request names is not there"}
OF_CHANGES = {402: "A limit of money is reached", 409: "Not in the present state, or decided already"}
OF_LOG_IN = {429: "Tried too often; Retry-After says how long to wait"}
UNUSED = ("HTTPValidationError", "ValidationError")
EXAMPLE = {
    "type": "about:blank", "title": "Not found", "status": 404,
    "detail": "there is no mission 'an-app'; `ceo missions` lists them",
}  # fmt: skip


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = made["components"]["schemas"]
        for name in UNUSED:
            schemas.pop(name, None)
        schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                for parameter in operation.get("parameters", []):
                    _as_sent(parameter["schema"])
                kept = {code: answer for code, answer in operation["responses"].items() if code < "400"}
                operation["responses"] = kept | {
                    str(code): _problem(words) for code, words in sorted(_errors(path, method, operation).items())
                }
                operation["responses"]["default"] = _problem("What else went wrong")
        app.openapi_schema = made
    return app.openapi_schema


def _errors(path: str, method: str, operation: dict[str, Any]) -> dict[int, str]:
    names = any(one["in"] == "path" or one["name"] == "mission" for one in operation.get("parameters", []))
    changes = method != "get"
    logs_in = path == "/api/session" and method == "post"
    return (
        EVERYWHERE
        | (OF_NAMES if names or changes or path == "/api/session" else {})
        | (OF_CHANGES if changes else {})
        | (OF_LOG_IN if logs_in else {})
    )


def _as_sent(schema: dict[str, Any]) -> None:
    """Say of a parameter how it is sent: never as null, and a text as `check_text` holds it, plain."""
    options = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(options) == 1:
        del schema["anyOf"]
        schema.update(options[0])
    if schema.get("type") == "string" and "enum" not in schema:
        schema.setdefault("pattern", r"^[^\x00]*$")


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": f"{words} (RFC 9457)", "content": {MEDIA_TYPE: {"schema": schema, "example": EXAMPLE}}}
