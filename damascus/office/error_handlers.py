"""Errors as problem details; the one table from error to HTTP status."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from damascus.api.problem import MEDIA_TYPE, ProblemDetails
from damascus.core import errors
from damascus.core.redaction import redact
from damascus.core.validation import explain

STATUS: list[tuple[type[errors.DamascusError], int, str]] = [
    (errors.NotFound, 404, "Not found"),
    (errors.Conflict, 409, "Conflict"),
    (errors.NotLoggedIn, 401, "Not logged in"),
    (errors.TooManyTries, 429, "Too many tries"),
    (errors.OverBudget, 402, "Over budget"),
    (errors.Invalid, 422, "Invalid input"),
    (errors.Misconfigured, 422, "Wrong configuration"),
    (errors.Unavailable, 503, "Service unavailable"),
    (errors.DamascusError, 500, "Failed"),
]
MAX_DETAIL_CHARS = 1_000


def respond(status: int, title: str, detail: str) -> JSONResponse:
    """Return a problem; its detail is put on one line and cut, since it may quote what was asked."""
    line = redact(" ".join(detail.split()))
    cut = line if len(line) <= MAX_DETAIL_CHARS else f"{line[:MAX_DETAIL_CHARS]}…"
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    problem = ProblemDetails(title=title, status=status, detail=cut)
    return JSONResponse(problem.model_dump(), status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error of the company, of the framework and of validation answered as a problem."""

    @app.exception_handler(errors.DamascusError)
    async def company_error(_: Request, error: errors.DamascusError) -> JSONResponse:
        status, title = next((s, t) for kind, s, t in STATUS if isinstance(error, kind))
        response = respond(status, title, str(error))
        if isinstance(error, errors.TooManyTries):
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.exception_handler(HTTPException)
    async def framework_error(_: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # the framework's word for a body that is not even text
            return respond(422, "Invalid input", "the body is not JSON in UTF-8")
        response = respond(error.status_code, str(error.detail), str(error.detail))
        for name, value in (error.headers or {}).items():  # a method that is not allowed: those that are
            response.headers[name] = value
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return respond(422, "Invalid input", explain(error))
