"""The REST calls of Gitea's API (1.26) that the company makes, with Gitea's checks of token and scopes.

Compared, as its words are, with what `products.py` says.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from damascus.core.errors import DamascusError
from damascus.doubles.gitea.git import query_git
from damascus.doubles.gitea.shapes import issue_shape, repository_shape, user_shape
from damascus.doubles.gitea.store import PUBLIC_ONLY, TABS, Issue, Repo, Store, Token

WRITES = ("POST", "PUT", "PATCH", "DELETE")
MAX_PER_PAGE = 50
MAX_NAME_CHARS = 100
MAX_DESCRIPTION_CHARS = 2048
RESERVED = ("-", ".", "..")
NOT_ALLOWED = (".git", ".wiki", ".rss", ".atom")
CLOSED = "closed-"  # an organisation in which the one user has no rights is named so

RestHandler = Callable[[Store, Token, Request], Awaitable[Response]]


class Refused(DamascusError):
    """A response that is not a success; without words it says that something is not found."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words)
        self.status, self.words = status, words


def routes(store: Store) -> list[Route]:
    """Return the calls, each with the categories of scopes that it needs."""
    repo = "/repos/{owner}/{name}"
    table: list[tuple[str, str, RestHandler, tuple[str, ...]]] = [
        ("GET", "/version", version, ()),
        ("GET", "/user", user, ("user",)),
        ("GET", "/user/repos", own, ("user", "repository")),
        ("POST", "/user/repos", create_own, ("user", "repository")),
        ("POST", "/orgs/{owner}/repos", create_for_organization, ("organization",)),
        ("GET", "/users/{user}/orgs/{organization}/permissions", permissions, ("user", "organization")),
        ("GET", "/repositories/{id:int}", by_id, ("repository",)),
        ("GET", repo, show, ("repository",)),
        ("PATCH", repo, edit, ("repository",)),
        ("DELETE", repo, delete, ("repository",)),
        ("GET", f"{repo}/git/commits/{{sha}}", show_commit, ("repository",)),
        ("GET", f"{repo}/issues", issues, ("issue",)),
        ("POST", f"{repo}/issues", create_issue, ("issue",)),
        ("GET", f"{repo}/issues/{{number:int}}", show_issue, ("issue",)),
        ("PATCH", f"{repo}/issues/{{number:int}}", edit_issue, ("issue",)),
        ("POST", f"{repo}/issues/{{number:int}}/dependencies", add_dependency, ("issue",)),
    ]
    return [
        Route(f"/api/v1{path}", guarded(store, handler, needs), methods=[method])
        for method, path, handler, needs in table
    ]


def error(status: int, message: str, request: Request) -> JSONResponse:
    return JSONResponse({"message": message, "url": f"{request.base_url}api/swagger"}, status)


def bearer(store: Store, request: Request) -> Token | None:
    """Return the token of the request, None if the stand-in does not know it."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return store.token(secret.strip()) if kind.lower() in ("token", "bearer") else None


def guarded(store: Store, handler: RestHandler, needs: tuple[str, ...]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        product, token = store.product, bearer(store, request)
        if token is None:
            given = request.headers.get("authorization")
            said = product.unknown_token.format(secret=given.split()[-1]) if given else "token is required"
            return error(401, said, request)
        if store.wants_second_factor and product.wants_second_factor:
            return error(403, product.wants_second_factor.format(url=request.base_url), request)
        level = "write" if request.method in WRITES else "read"
        scopes = [f"{level}:{category}" for category in needs]
        if not all(token.may(scope) for scope in scopes):
            said = product.lacks_scope.format(needed=" ".join(scopes), given=",".join(token.scopes))
            return error(403, said, request)
        moved = _moved(store, request)
        if moved is not None:
            return moved
        try:
            _check_sight(store, token, request)
            return await handler(store, token, request)
        except Refused as refused:
            return error(refused.status, refused.words or product.not_found, request)

    return answer


def _check_sight(store: Store, token: Token, request: Request) -> None:
    """Raise Refused if a repository is not shown to the token; who is asked for it by its id is less strict."""
    given = request.path_params
    if "name" not in given:
        return
    if not store.knows(given["owner"]):
        raise Refused(404, "GetUserByName")
    repo = store.find(given["owner"], given["name"])
    if repo is not None and store.wants_second_factor:
        raise Refused(404)
    if repo is not None and not token.sees(repo):
        words = "" if token.repositories else store.product.public_only
        raise Refused(403 if words else 404, words)


async def version(store: Store, _token: Token, _request: Request) -> Response:
    return JSONResponse({"version": store.product.version})


async def user(_store: Store, token: Token, request: Request) -> Response:
    return JSONResponse(user_shape(token.user, request))


async def own(store: Store, token: Token, request: Request) -> Response:
    limit = min(number_of(request.query_params.get("limit"), MAX_PER_PAGE), MAX_PER_PAGE)
    found = [repository_shape(store, repo, request) for repo in store.repos() if token.sees(repo)]
    return JSONResponse(found[:limit], headers={"X-Total-Count": str(len(found))})


async def create_own(store: Store, token: Token, request: Request) -> Response:
    if PUBLIC_ONLY in token.scopes and not store.product.public_only:
        raise Refused(403, "this endpoint is not available for public-only tokens")
    return await _create(store, token.user, request)


async def create_for_organization(store: Store, _token: Token, request: Request) -> Response:
    owner = request.path_params["owner"]
    if owner not in store.organizations:
        raise Refused(404, "GetOrgByName")
    return await _create(store, owner, request)


async def permissions(store: Store, token: Token, request: Request) -> Response:
    """What a user may do in an organisation; the one user here owns all of them but those named `closed-...`."""
    organization = request.path_params["organization"]
    if organization not in store.organizations or request.path_params["user"] != token.user:
        raise Refused(404, "GetUserByName")
    may = not organization.startswith(CLOSED)
    names = ("is_owner", "is_admin", "can_write", "can_read", "can_create_repository")
    return JSONResponse(dict.fromkeys(names, may))


async def _create(store: Store, owner: str, request: Request) -> Response:
    body = await body_of(request)
    check_repository(body)
    if owner.startswith(CLOSED):
        raise Refused(403, "Given user is not allowed to create repository in organization.")
    if store.find(owner, body["name"]):
        raise Refused(409, "The repository with the same name already exists.")
    private = bool(body.get("private", False))
    repo = store.create(owner, body["name"], str(body.get("description", "")), private)
    return JSONResponse(repository_shape(store, repo, request), 201)


async def by_id(store: Store, token: Token, request: Request) -> Response:
    repo = store.by_id(request.path_params["id"])
    if (
        repo is None
        or store.wants_second_factor
        or (not token.sees(repo) and (token.repositories or not store.product.public_only))
    ):
        raise Refused(404)
    return JSONResponse(repository_shape(store, repo, request))


def check_repository(body: dict[str, Any]) -> None:
    name = str(body.get("name", ""))
    checks = (
        (not name, "[Name]: Required"),
        (len(name) > MAX_NAME_CHARS, "[Name]: MaxSize"),
        (not re.fullmatch(r"[A-Za-z0-9._-]*", name), "[Name]: AlphaDashDot"),
        (name in RESERVED, f"name is reserved [name: {name}]"),
        (name.endswith(NOT_ALLOWED), f"name pattern is not allowed [pattern: *.{name.rpartition('.')[2]}]"),
        (len(str(body.get("description", ""))) > MAX_DESCRIPTION_CHARS, "[Description]: MaxSize"),
        (len(str(body.get("default_branch", ""))) > MAX_NAME_CHARS, "[DefaultBranch]: MaxSize"),
    )
    for is_wrong, said in checks:
        if is_wrong:
            raise Refused(422, said)


def _moved(store: Store, request: Request) -> Response | None:
    """Each call by an old name leads to the same call by the new one."""
    given = request.path_params
    repo = store.moved(given["owner"], given["name"]) if "name" in given else None
    if repo is None or store.find(given["owner"], given["name"]):
        return None
    old, new = (f"/repos/{full_name}" for full_name in (f"{given['owner']}/{given['name']}", repo.full_name))
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(request.url.path.replace(old, new, 1) + query, store.product.redirect)


async def show(store: Store, _token: Token, request: Request) -> Response:
    return JSONResponse(repository_shape(store, repo_of(store, request), request))


async def edit(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_of(store, request), await body_of(request)
    if body.get("name"):
        store.rename(repo, body["name"])
    repo.description = str(body.get("description", repo.description))
    repo.private = bool(body.get("private", repo.private))
    for tab in (*TABS, "archived"):
        setattr(repo, tab, bool(body.get(tab, getattr(repo, tab))))
    repo.default_branch = str(body.get("default_branch", repo.default_branch))
    store.save()
    return JSONResponse(repository_shape(store, repo, request))


async def delete(store: Store, _token: Token, request: Request) -> Response:
    store.remove(repo_of(store, request))
    return Response(status_code=204)


async def show_commit(store: Store, _token: Token, request: Request) -> Response:
    bare, sha = store.bare(repo_of(store, request)), request.path_params["sha"]
    if query_git(bare, "cat-file", "-t", sha) != "commit":
        raise Refused(404, f"commit doesn't exist: {sha}")
    return JSONResponse({"sha": sha})


async def issues(store: Store, _token: Token, request: Request) -> Response:
    repo, query = repo_with_issues(store, request), request.query_params
    state = query.get("state", "open")
    found = [issue for issue in reversed(repo.issues) if state in ("all", issue.state)]
    if query.get("type") == "issues":
        found = [issue for issue in found if issue.pull is None]
    if query.get("milestones"):
        wanted = query["milestones"].split(",")  # by name or by id
        milestones = {one.id for one in repo.milestones if {str(one.id), one.title} & set(wanted)}
        found = [issue for issue in found if issue.milestone in milestones]
    limit = min(number_of(query.get("limit"), MAX_PER_PAGE), MAX_PER_PAGE)
    first = (number_of(query.get("page"), 1) - 1) * limit
    page = [issue_shape(issue, repo, request) for issue in found[first : first + limit]]
    return JSONResponse(page, headers={"X-Total-Count": str(len(found))})


async def create_issue(store: Store, token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    if repo.archived:
        raise Refused(423, store.product.archived.format(id=repo.id, name=repo.full_name))
    if not body.get("title"):
        raise Refused(422, "[Title]: Required")
    issue = Issue(len(repo.issues) + 1, body["title"], str(body.get("body", "")), "open", token.user, store.now())
    set_milestone(issue, repo, body)
    issue.labels = known_labels(repo, body)
    repo.issues.append(issue)
    if body.get("closed"):
        set_state(issue, "closed", store)
    store.save()
    return JSONResponse(issue_shape(issue, repo, request), 201)


async def show_issue(store: Store, _token: Token, request: Request) -> Response:
    repo = repo_of(store, request)
    return JSONResponse(issue_shape(issue_of(repo, request), repo, request))


async def edit_issue(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    issue = issue_of(repo, request)
    if body.get("state") == "closed" and any(repo.issues[n - 1].state == "open" for n in issue.blocked_by):
        raise Refused(412, store.product.blocked)
    set_milestone(issue, repo, body)
    issue.title, issue.body = str(body.get("title", issue.title)), str(body.get("body", issue.body))
    if body.get("state"):
        set_state(issue, str(body["state"]), store)
    store.save()
    return JSONResponse(issue_shape(issue, repo, request), 201)


async def add_dependency(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    issue = issue_of(repo, request)
    issue.blocked_by.append(int(body["index"]))
    store.save()
    return JSONResponse(issue_shape(issue, repo, request), 201)


def set_milestone(issue: Issue, repo: Repo, body: dict[str, Any]) -> None:
    if "milestone" in body:
        if body["milestone"] and all(one.id != body["milestone"] for one in repo.milestones):
            raise Refused(404, "milestone does not exist")
        issue.milestone = body["milestone"] or None


def known_labels(repo: Repo, body: dict[str, Any]) -> list[int]:
    """Return the ids among those given that are the repository's; Gitea passes over others without a word."""
    return [label.id for label in repo.labels if label.id in (body.get("labels") or [])]


def set_state(issue: Issue, state: str, store: Store) -> None:
    if state != issue.state:
        issue.state, issue.closed_at = state, store.now() if state == "closed" else None


def repo_of(store: Store, request: Request) -> Repo:
    repo = store.find(request.path_params["owner"], request.path_params["name"])
    if repo is None:
        raise Refused(404)
    return repo


def repo_with_issues(store: Store, request: Request) -> Repo:
    repo = repo_of(store, request)
    if not repo.has_issues:
        raise Refused(404)
    return repo


def issue_of(repo: Repo, request: Request) -> Issue:
    number = int(request.path_params["number"])
    if not 1 <= number <= len(repo.issues):
        raise Refused(404)
    return repo.issues[number - 1]


async def body_of(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as problem:
        raise Refused(422, f"[]: {problem}") from None
    if not isinstance(body, dict):
        raise Refused(422, "[]: not an object")
    return body


def number_of(given: str | None, default: int) -> int:
    return max(1, int(given)) if given and given.isdigit() else default
