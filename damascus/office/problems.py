"""Errors as RFC 9457 problem details; the one table from error to HTTP status."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from damascus.core import errors

STATUS: list[tuple[type[errors.DamascusError], int, str]] = [
    (errors.NotFound, 404, "Not found"),
    (errors.Conflict, 409, "Not in this state"),
    (errors.OverBudget, 402, "Over budget"),
    (errors.Invalid, 422, "Does not fit"),
    (errors.Misconfigured, 422, "Wrong configuration"),
    (errors.Unavailable, 503, "A service does not answer"),
    (errors.DamascusError, 500, "Failed"),
]
LONGEST = 1_000


class Problem(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def respond(status: int, title: str, detail: str) -> JSONResponse:
    line = " ".join(detail.split())  # it may quote what was asked, as long as that was
    problem = Problem(title=title, status=status, detail=line if len(line) <= LONGEST else f"{line[:LONGEST]}…")
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(problem.model_dump(), status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Have every error of ours, of the framework and of validation answered as a problem."""

    @app.exception_handler(errors.DamascusError)
    async def ours(_: Request, error: errors.DamascusError) -> JSONResponse:
        status, title = next((s, t) for kind, s, t in STATUS if isinstance(error, kind))
        return respond(status, title, str(error))

    @app.exception_handler(HTTPException)
    async def theirs(_: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # the framework's word for a body that is not even text
            return respond(422, "Does not fit", "the body is not JSON in UTF-8")
        return respond(error.status_code, str(error.detail), str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return respond(422, "Does not fit", f"{where}: {first['msg']}")
