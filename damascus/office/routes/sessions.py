"""Browsers that are logged in: log in, see who is, log out."""

import math
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from damascus.api import schemas
from damascus.core.errors import NotFound, NotLoggedIn, TooManyTries
from damascus.core.records.sessions import LoginKind, WebSession
from damascus.office.browsers import Browsers, LoginLimit
from damascus.office.dependencies import CompanyDep, PagingDep, Reading
from damascus.work import sessions

LOGIN_PATH = "/api/session"
LOGIN_PAGE = "/login"
own = APIRouter(tags=["sessions"])
router = APIRouter(tags=["sessions"])


@own.post("", status_code=201)
async def log_in(
    body: schemas.LogIn,
    company: CompanyDep,
    request: Request,
    response: Response,
    user_agent: Annotated[str, Header()] = "",
) -> schemas.OwnSession:
    """Log a browser in with a one-time code; needs no token. The cookie is for this office only, and not for scripts.

    A wrong code, and one that was used or is too old, are one and the same answer (401).
    """
    limit: LoginLimit = request.app.state.login_limit
    address = request.client.host if request.client else ""
    if (seconds := math.ceil(limit.begin(address, company.clock.monotonic()))) > 0:
        raise TooManyTries(f"too many wrong codes; try again in {seconds} s", seconds)
    async with company.outbox.transaction() as tx:  # it commits what a wrong code counts, too
        found = await sessions.log_in(tx, body.code, user_agent)
    if found is None:
        raise NotLoggedIn("this code is wrong, used or too old; `ceo open` makes another")
    limit.succeed(address)
    browsers: Browsers = request.app.state.browsers
    response.set_cookie(
        browsers.cookie, found.token, max_age=int(sessions.SESSION_LIFETIME.total_seconds()), path="/",
        secure=request.url.scheme == "https", httponly=True, samesite="strict",
    )  # fmt: skip
    return _own(found.session, found.token)


@own.get("")
async def show(request: Request) -> schemas.OwnSession:
    """Return the session of the browser that asks. 404 for who comes with the token and has none."""
    return _own(_current(request), request.scope["state"]["cookie"])


@own.delete("")
async def log_out(company: CompanyDep, request: Request, response: Response) -> schemas.WebSession:
    """End the session of the browser that asks."""
    async with company.outbox.transaction() as tx:
        ended = await sessions.end(tx, _current(request).id)
    browsers: Browsers = request.app.state.browsers
    response.delete_cookie(browsers.cookie, path="/", httponly=True, samesite="strict")
    return _session(ended, None)


@router.get("")
async def list_sessions(request: Request, tx: Reading, paging: PagingDep) -> schemas.Page[schemas.WebSession]:
    """Return the browsers that are logged in, newest first."""
    rows = await tx.sessions.list(paging.after, paging.fetched)
    current = request.scope["state"]["session"]
    items = [_session(row, current) for row in paging.cut(rows)]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.delete("/{id}")
async def end(id: str, company: CompanyDep, request: Request) -> schemas.WebSession:
    """Log a browser out; its streams end within a minute. Returns its session as it was."""
    async with company.outbox.transaction() as tx:
        return _session(await sessions.end(tx, id), request.scope["state"]["session"])


@router.post("/codes", status_code=201)
async def make_code(company: CompanyDep, body: schemas.LoginCodeRequest | None = None) -> schemas.LoginCode:
    """Make a one-time code: a link for 10 minutes, or 8 characters for 5 minutes and 5 tries."""
    async with company.outbox.transaction() as tx:
        told = await sessions.make_code(tx, LoginKind(body.kind if body else LoginKind.LINK))
    path = LOGIN_PAGE if told.row.kind == LoginKind.PAIRING else f"{LOGIN_PAGE}#{told.secret}"
    return schemas.LoginCode(kind=told.row.kind, code=told.secret, path=path, expires_at=told.row.expires_at)


def _current(request: Request) -> WebSession:
    session: WebSession | None = request.scope["state"]["session"]
    if session is None:
        raise NotFound("the token needs no session; a browser gets one with `ceo open`")
    return session


def _session(row: WebSession, current: WebSession | None) -> schemas.WebSession:
    return schemas.WebSession(
        id=row.id, device=row.device, login=row.login, created_at=row.created_at, seen_at=row.seen_at,
        expires_at=row.expires_at, is_current=current is not None and current.id == row.id,
    )  # fmt: skip


def _own(row: WebSession, token: str) -> schemas.OwnSession:
    return schemas.OwnSession(**_session(row, row).model_dump(), csrf=sessions.csrf_token(token))
