"""The REST calls of Gitea's API (1.26) that the company makes, with Gitea's checks of token and scopes."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from damascus.core.errors import DamascusError
from damascus.doubles.gitea.shapes import issue_shape, repository_shape, user_shape
from damascus.doubles.gitea.store import Issue, Repo, Store, Token

VERSION = "1.26.0+stand-in"
WRITES = ("POST", "PATCH", "DELETE")
MAX_PER_PAGE = 50

RestHandler = Callable[[Store, Token, Request], Awaitable[Response]]


class Refused(DamascusError):
    """A response that is not a success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes(store: Store) -> list[Route]:
    """Return the calls, each with the categories of scopes that it needs."""
    repo = "/repos/{owner}/{name}"
    table: list[tuple[str, str, RestHandler, tuple[str, ...]]] = [
        ("GET", "/version", version, ()),
        ("GET", "/user", user, ("user",)),
        ("GET", "/user/repos", own, ("user", "repository")),
        ("POST", "/user/repos", create_own, ("user", "repository")),
        ("POST", "/orgs/{owner}/repos", create_for_organization, ("organization", "repository")),
        ("GET", "/repositories/{id:int}", by_id, ("repository",)),
        ("GET", repo, show, ("repository",)),
        ("PATCH", repo, edit, ("repository",)),
        ("DELETE", repo, delete, ("repository",)),
        ("GET", f"{repo}/issues", issues, ("issue",)),
        ("POST", f"{repo}/issues", create_issue, ("issue",)),
        ("GET", f"{repo}/issues/{{number:int}}", show_issue, ("issue",)),
        ("PATCH", f"{repo}/issues/{{number:int}}", edit_issue, ("issue",)),
    ]
    return [
        Route(f"/api/v1{path}", _guarded(store, handler, needs), methods=[method])
        for method, path, handler, needs in table
    ]


def error(status: int, message: str, request: Request) -> JSONResponse:
    return JSONResponse({"message": message, "url": f"{request.base_url}api/swagger"}, status)


def bearer(store: Store, request: Request) -> Token | None:
    """Return the token of the request, None if the stand-in does not know it."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return store.token(secret.strip()) if kind.lower() in ("token", "bearer") else None


def _guarded(store: Store, handler: RestHandler, needs: tuple[str, ...]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        token = bearer(store, request)
        if token is None:
            return error(401, "user does not exist [uid: 0, name: ]", request)
        level = "write" if request.method in WRITES else "read"
        scopes = [f"{level}:{category}" for category in needs]
        if not all(token.may(scope) for scope in scopes):
            needed = " ".join(scopes)
            return error(403, f"token does not have at least one of required scope(s): [{needed}]", request)
        try:
            return await handler(store, token, request)
        except Refused as refused:
            return error(refused.status, str(refused), request)

    return answer


async def version(_store: Store, _token: Token, _request: Request) -> Response:
    return JSONResponse({"version": VERSION})


async def user(_store: Store, token: Token, request: Request) -> Response:
    return JSONResponse(user_shape(token.user, request))


async def own(store: Store, _token: Token, request: Request) -> Response:
    return JSONResponse([repository_shape(store, repo, request) for repo in store.repos()[:MAX_PER_PAGE]])


async def create_own(store: Store, token: Token, request: Request) -> Response:
    return await _create(store, token.user, request)


async def create_for_organization(store: Store, _token: Token, request: Request) -> Response:
    owner = request.path_params["owner"]
    if owner not in store.organizations:
        raise Refused(404, "The target couldn't be found.")
    return await _create(store, owner, request)


async def _create(store: Store, owner: str, request: Request) -> Response:
    body = await _body(request)
    if not body.get("name"):
        raise Refused(422, "[Name]: Required")
    if store.find(owner, body["name"]):
        raise Refused(409, "The repository with the same name already exists.")
    private = bool(body.get("private", False))
    repo = store.create(owner, body["name"], str(body.get("description", "")), private)
    return JSONResponse(repository_shape(store, repo, request), 201)


async def by_id(store: Store, _token: Token, request: Request) -> Response:
    repo = store.by_id(request.path_params["id"])
    if repo is None:
        raise Refused(404, "The target couldn't be found.")
    return JSONResponse(repository_shape(store, repo, request))


async def show(store: Store, _token: Token, request: Request) -> Response:
    moved = store.moved(request.path_params["owner"], request.path_params["name"])
    if moved is not None:
        return RedirectResponse(f"/api/v1/repos/{moved.full_name}", 307)
    return JSONResponse(repository_shape(store, _repo(store, request), request))


async def edit(store: Store, _token: Token, request: Request) -> Response:
    repo, body = _repo(store, request), await _body(request)
    if body.get("name"):
        store.rename(repo, body["name"])
    repo.description = str(body.get("description", repo.description))
    repo.private = bool(body.get("private", repo.private))
    store.save()
    return JSONResponse(repository_shape(store, repo, request))


async def delete(store: Store, _token: Token, request: Request) -> Response:
    store.remove(_repo(store, request))
    return Response(status_code=204)


async def issues(store: Store, _token: Token, request: Request) -> Response:
    repo, query = _repo(store, request), request.query_params
    state = query.get("state", "open")
    found = [issue for issue in reversed(repo.issues) if state in ("all", issue.state)]
    limit = min(_number(query.get("limit"), MAX_PER_PAGE), MAX_PER_PAGE)
    first = (_number(query.get("page"), 1) - 1) * limit
    page = [issue_shape(issue, repo, request) for issue in found[first : first + limit]]
    return JSONResponse(page, headers={"X-Total-Count": str(len(found))})


async def create_issue(store: Store, token: Token, request: Request) -> Response:
    repo, body = _repo(store, request), await _body(request)
    if not body.get("title"):
        raise Refused(422, "[Title]: Required")
    issue = Issue(len(repo.issues) + 1, body["title"], str(body.get("body", "")), "open", token.user, store.now())
    repo.issues.append(issue)
    if body.get("closed"):
        set_state(issue, "closed", store)
    store.save()
    return JSONResponse(issue_shape(issue, repo, request), 201)


async def show_issue(store: Store, _token: Token, request: Request) -> Response:
    repo = _repo(store, request)
    return JSONResponse(issue_shape(_issue(repo, request), repo, request))


async def edit_issue(store: Store, _token: Token, request: Request) -> Response:
    repo, body = _repo(store, request), await _body(request)
    issue = _issue(repo, request)
    issue.title, issue.body = str(body.get("title", issue.title)), str(body.get("body", issue.body))
    if body.get("state"):
        set_state(issue, str(body["state"]), store)
    store.save()
    return JSONResponse(issue_shape(issue, repo, request), 201)


def set_state(issue: Issue, state: str, store: Store) -> None:
    if state != issue.state:
        issue.state, issue.closed_at = state, store.now() if state == "closed" else None


def _repo(store: Store, request: Request) -> Repo:
    repo = store.find(request.path_params["owner"], request.path_params["name"])
    if repo is None:
        raise Refused(404, "The target couldn't be found.")
    return repo


def _issue(repo: Repo, request: Request) -> Issue:
    number = int(request.path_params["number"])
    if not 1 <= number <= len(repo.issues):
        raise Refused(404, "The target couldn't be found.")
    return repo.issues[number - 1]


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as problem:
        raise Refused(422, f"[]: {problem}") from None
    if not isinstance(body, dict):
        raise Refused(422, "[]: not an object")
    return body


def _number(given: str | None, default: int) -> int:
    return max(1, int(given)) if given and given.isdigit() else default
