"""The REST calls about what people see besides code: labels, milestones, comments, releases, pull requests, users.

Releases and pull requests were compared with Gitea 1.26.3, in all that `tests/contracts/` asks of both. Not as there: a
pull request is never merged, and says that it can be.
"""

import base64
import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from damascus.doubles.gitea.git import query_git, run_git
from damascus.doubles.gitea.rest import (
    MAX_PER_PAGE,
    Refused,
    RestHandler,
    body_of,
    guarded,
    issue_of,
    known_labels,
    number_of,
    repo_of,
    repo_with_issues,
)
from damascus.doubles.gitea.shapes import (
    comment_shape,
    label_shape,
    milestone_shape,
    pull_shape,
    release_shape,
    user_shape,
)
from damascus.doubles.gitea.store import (
    Asset,
    Comment,
    GiteaLabel,
    GiteaMilestone,
    GiteaRelease,
    Issue,
    Person,
    Pull,
    Store,
    Token,
)

PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


def routes(store: Store) -> list[Route]:
    """Return the calls, each with the categories of scopes that it needs."""
    repo = "/repos/{owner}/{name}"
    issue = f"{repo}/issues/{{number:int}}"
    table: list[tuple[str, str, RestHandler, tuple[str, ...]]] = [
        ("GET", f"{repo}/labels", labels, ("issue",)),
        ("POST", f"{repo}/labels", create_label, ("issue",)),
        ("PUT", f"{issue}/labels", set_labels, ("issue",)),
        ("POST", f"{issue}/labels", add_labels, ("issue",)),
        ("GET", f"{repo}/milestones", milestones, ("issue",)),
        ("POST", f"{repo}/milestones", create_milestone, ("issue",)),
        ("PATCH", f"{repo}/milestones/{{id:int}}", edit_milestone, ("issue",)),
        ("DELETE", f"{repo}/milestones/{{id:int}}", delete_milestone, ("issue",)),
        ("GET", f"{issue}/comments", comments, ("issue",)),
        ("POST", f"{issue}/comments", create_comment, ("issue",)),
        ("GET", f"{repo}/releases", releases, ("repository",)),
        ("POST", f"{repo}/releases", create_release, ("repository",)),
        ("POST", f"{repo}/releases/{{id:int}}/assets", create_asset, ("repository",)),
        ("DELETE", f"{repo}/releases/{{id:int}}/assets/{{asset:int}}", delete_asset, ("repository",)),
        ("GET", f"{repo}/pulls", pulls, ("repository",)),
        ("POST", f"{repo}/pulls", create_pull, ("repository",)),
        ("PATCH", f"{repo}/pulls/{{number:int}}", edit_pull, ("repository",)),
        ("POST", "/user/avatar", set_picture, ("user",)),
        ("POST", "/admin/users", create_user, ("admin",)),
        ("GET", "/users/{login}", show_user, ("user",)),
    ]
    return [
        Route(f"/api/v1{path}", guarded(store, handler, needs), methods=[method])
        for method, path, handler, needs in table
    ]


def paged(found: Sequence[Any], request: Request) -> JSONResponse:
    """Return the page of a list that is asked for."""
    query = request.query_params
    limit = min(number_of(query.get("limit"), MAX_PER_PAGE), MAX_PER_PAGE)
    first = (number_of(query.get("page"), 1) - 1) * limit
    return JSONResponse(found[first : first + limit], headers={"X-Total-Count": str(len(found))})


async def labels(store: Store, _token: Token, request: Request) -> Response:
    return paged([label_shape(label, request) for label in repo_with_issues(store, request).labels], request)


async def create_label(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    may_write(repo.permissions)
    if not body.get("name"):
        raise Refused(422, "[Name]: Required")
    color = str(body.get("color", "")).removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise Refused(422, f"invalid color format: #{color}")
    exclusive = bool(body.get("exclusive", False))
    label = GiteaLabel(store.new_id(), body["name"], color, str(body.get("description", "")), exclusive)
    repo.labels.append(label)  # Gitea, too, takes a second one of the same name
    store.save()
    return JSONResponse(label_shape(label, request), 201)


async def set_labels(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    issue = issue_of(repo, request)
    issue.labels = known_labels(repo, body)
    store.save()
    return JSONResponse([label_shape(label, request) for label in repo.labels if label.id in issue.labels])


async def add_labels(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    issue = issue_of(repo, request)
    issue.labels = sorted({*issue.labels, *known_labels(repo, body)})
    store.save()
    return JSONResponse([label_shape(label, request) for label in repo.labels if label.id in issue.labels])


async def milestones(store: Store, _token: Token, request: Request) -> Response:
    repo, state = repo_with_issues(store, request), request.query_params.get("state", "open")
    found = [milestone_shape(one, repo) for one in repo.milestones if state in ("all", one.state)]
    return paged(found, request)


async def create_milestone(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    may_write(repo.permissions)
    if not body.get("title"):
        raise Refused(422, "[Title]: Required")
    one = GiteaMilestone(store.new_id(), body["title"], str(body.get("description", "")), "open", store.now())
    one.state = "closed" if body.get("state") == "closed" else "open"
    repo.milestones.append(one)
    store.save()
    return JSONResponse(milestone_shape(one, repo), 201)


async def edit_milestone(store: Store, _token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    may_write(repo.permissions)
    one = _by_id(repo.milestones, request)
    one.title, one.description = body.get("title") or one.title, str(body.get("description", one.description))
    one.state = body.get("state") or one.state
    store.save()
    return JSONResponse(milestone_shape(one, repo))


async def delete_milestone(store: Store, _token: Token, request: Request) -> Response:
    repo = repo_with_issues(store, request)
    one = _by_id(repo.milestones, request)
    repo.milestones.remove(one)
    for issue in repo.issues:
        issue.milestone = None if issue.milestone == one.id else issue.milestone
    store.save()
    return Response(status_code=204)


async def comments(store: Store, _token: Token, request: Request) -> Response:
    issue = issue_of(repo_with_issues(store, request), request)
    return JSONResponse([comment_shape(comment, request) for comment in issue.comments])


async def create_comment(store: Store, token: Token, request: Request) -> Response:
    repo, body = repo_with_issues(store, request), await body_of(request)
    if repo.archived:
        raise Refused(423, store.product.archived.format(id=repo.id, name=repo.full_name))
    if not body.get("body"):
        raise Refused(422, "[Body]: Required")
    comment = Comment(store.new_id(), token.user, str(body["body"]), store.now())
    issue_of(repo, request).comments.append(comment)
    store.save()
    return JSONResponse(comment_shape(comment, request), 201)


async def releases(store: Store, _token: Token, request: Request) -> Response:
    repo = _with(store, request, "has_releases")
    return paged([release_shape(one, repo, request) for one in reversed(repo.releases)], request)


async def create_release(store: Store, token: Token, request: Request) -> Response:
    repo, body = _with(store, request, "has_releases"), await body_of(request)
    may_write(repo.permissions)
    tag, target = str(body.get("tag_name", "")), str(body.get("target_commitish") or repo.default_branch)
    if not tag:
        raise Refused(422, "[TagName]: Required")
    if store.is_empty(repo):
        raise Refused(422, "repo is empty")
    if repo.archived:
        raise Refused(500, f"<Repository {repo.id}:{repo.full_name}> is archived")
    if any(one.tag == tag for one in repo.releases):
        raise Refused(409, "Release is already exist")
    bare = store.bare(repo)
    sha = query_git(bare, "rev-parse", "--verify", "--quiet", f"{target}^{{commit}}")
    if not sha:
        raise Refused(404, "tag does not exist")
    run_git(bare, "update-ref", f"refs/tags/{tag}", sha)
    one = GiteaRelease(
        store.new_id(), tag, target, str(body.get("name", tag)), str(body.get("body", "")), token.user, store.now()
    )
    repo.releases.append(one)
    store.save()
    return JSONResponse(release_shape(one, repo, request), 201)


async def create_asset(store: Store, _token: Token, request: Request) -> Response:
    repo = _with(store, request, "has_releases")
    one = _by_id(repo.releases, request)
    data = attachment_of(request.headers.get("content-type", ""), await request.body())
    if data is None:
        raise Refused(400, "http: no such file")
    name = request.query_params.get("name") or "attachment"
    asset = Asset(store.new_id(), name, len(data))
    path = store.asset_path(asset.id)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    one.assets.append(asset)
    store.save()
    return JSONResponse(release_shape(one, repo, request)["assets"][-1], 201)


async def delete_asset(store: Store, _token: Token, request: Request) -> Response:
    one = _by_id(_with(store, request, "has_releases").releases, request)
    one.assets = [asset for asset in one.assets if asset.id != request.path_params["asset"]]
    store.save()
    return Response(status_code=204)


async def pulls(store: Store, _token: Token, request: Request) -> Response:
    repo, state = _with_pulls(store, request), request.query_params.get("state", "open")
    found = [issue for issue in reversed(repo.issues) if issue.pull and state in ("all", issue.state)]
    return paged([pull_shape(issue, repo, store, request) for issue in found], request)


async def create_pull(store: Store, token: Token, request: Request) -> Response:
    repo, body = _with_pulls(store, request), await body_of(request)
    if repo.archived:
        raise Refused(423, store.product.archived.format(id=repo.id, name=repo.full_name))
    head, base = str(body.get("head", "")), str(body.get("base", ""))
    if not body.get("title"):
        raise Refused(422, "[Title]: Required")
    for branch in (head, base):
        if not query_git(store.bare(repo), "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
            raise Refused(404)
    if head == base:
        raise Refused(422, "Invalid PullRequest: There are no changes between the head and the base")
    same = [one for one in repo.issues if one.pull == Pull(head, base) and one.state == "open"]
    if same:
        raise Refused(409, f"pull request already exists for these targets [id: {same[0].number}]")
    issue = Issue(len(repo.issues) + 1, body["title"], str(body.get("body", "")), "open", token.user, store.now())
    issue.pull = Pull(head, base)
    repo.issues.append(issue)
    store.save()
    return JSONResponse(pull_shape(issue, repo, store, request), 201)


async def edit_pull(store: Store, _token: Token, request: Request) -> Response:
    repo, body = _with_pulls(store, request), await body_of(request)
    issue = issue_of(repo, request)
    if issue.pull is None:
        raise Refused(404)
    issue.title, issue.body = str(body.get("title") or issue.title), str(body.get("body", issue.body))
    issue.state = str(body.get("state") or issue.state)
    store.save()
    return JSONResponse(pull_shape(issue, repo, store, request), 201)


async def set_picture(store: Store, token: Token, request: Request) -> Response:
    given = str((await body_of(request)).get("image", ""))
    try:
        data = base64.b64decode(given, validate=True)
    except ValueError as problem:
        raise Refused(400, str(problem)) from None
    if not data.startswith(PICTURES):
        raise Refused(500, "image: unknown format")
    store.people.setdefault(token.user, Person(token.user)).picture = given
    store.save()
    return Response(status_code=204)


async def create_user(store: Store, _token: Token, request: Request) -> Response:
    body = await body_of(request)
    login, email = str(body.get("username", "")), str(body.get("email", ""))
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?", login):
        raise Refused(422, "[Username]: AlphaDashDot")
    if login in store.people or store.person_of(email):
        raise Refused(422, f"user already exists [name: {login}]")
    store.people[login] = Person(login, str(body.get("full_name", "")), email)
    store.save()
    return JSONResponse(user_shape(login, request, store), 201)


async def show_user(store: Store, _token: Token, request: Request) -> Response:
    login = request.path_params["login"]
    if login not in store.people:
        raise Refused(404, "user redirect does not exist")
    return JSONResponse(user_shape(login, request, store))


def attachment_of(kind: str, body: bytes) -> bytes | None:
    """Return the file `attachment` of a form (RFC 7578), or a body that is the file itself; None if there is none."""
    if kind == "application/octet-stream":
        return body
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    for part in body.split(b"--" + boundary) if boundary else []:
        head, _, data = part.partition(b"\r\n\r\n")
        if b'name="attachment"' in head:
            return data.removesuffix(b"\r\n")
    return None


def may_write(permissions: dict[str, bool]) -> None:
    if not permissions["push"]:
        raise Refused(403, "user should have a permission to write to a repo")


def _with(store: Store, request: Request, tab: str) -> Any:
    repo = repo_of(store, request)
    if not getattr(repo, tab):
        raise Refused(404)
    return repo


def _with_pulls(store: Store, request: Request) -> Any:
    """As at Gitea, what seems empty has no pull requests."""
    repo = _with(store, request, "has_pull_requests")
    if store.is_empty(repo):
        raise Refused(404)
    return repo


def _by_id(rows: Sequence[Any], request: Request) -> Any:
    found = next((one for one in rows if one.id == request.path_params["id"]), None)
    if found is None:
        raise Refused(404)
    return found
