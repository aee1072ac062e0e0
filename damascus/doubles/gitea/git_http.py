"""Git's smart HTTP through git's own `git http-backend`; as at Gitea, a pushed `Closes #1` closes that issue, and
`Closes owner/other#1` one in another repository."""

import asyncio
import base64
import binascii
import re
import shlex
import tempfile
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from damascus.doubles.gitea.faults import REFUSAL
from damascus.doubles.gitea.git import environment, head_of, run_git
from damascus.doubles.gitea.rest import set_state
from damascus.doubles.gitea.store import Repo, Store, Token

CHUNK_BYTES = 64 * 1024
ARCHIVED = "This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests."
_REFERENCE = re.compile(
    r"(?:^|[\s(\['\"])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
    r"(?:(?:(?P<owner>[\w.-]+)/(?P<name>[\w.-]+))?[#!](?P<number>\d+)(?=$|[\s)\]'\":;,.?!])"
    r"|https?://[^/\s]+/(?P<url_owner>[\w.-]+)/(?P<url_name>[\w.-]+)/(?:issues|pulls)/(?P<url_number>\d+))",
    re.IGNORECASE | re.MULTILINE,
)


def routes(store: Store) -> list[Route]:
    """Return the addresses that git fetches from and pushes to."""

    async def serve(request: Request) -> Response:
        return await _serve(store, request)

    paths = {"info/refs": "GET", "git-upload-pack": "POST", "git-receive-pack": "POST"}
    return [Route(f"/{{owner}}/{{name}}.git/{path}", serve, methods=[method]) for path, method in paths.items()]


def basic(store: Store, request: Request) -> Token | None:
    """Return the token that the request carries as its password, as git and browsers send it; None if it is unknown."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        secret = base64.b64decode(given, validate=True).decode().partition(":")[2] if kind == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return None
    return store.token(secret)


def challenge() -> Response:
    """Return the response that asks for a token."""
    headers = {"WWW-Authenticate": 'Basic realm="stand-in for Gitea: any name, the token as password"'}
    return Response("Unauthorized\n", 401, headers, "text/plain")


async def _serve(store: Store, request: Request) -> Response:
    owner, name = request.path_params["owner"], request.path_params["name"]
    action = request.url.path.rpartition("/")[2]
    pushes = "git-receive-pack" in (action, request.query_params.get("service"))
    token = basic(store, request)
    if token is None and "authorization" in request.headers:
        return Response(store.product.unknown_token_for_git, 401, media_type="text/plain")
    if token is None:
        return challenge()
    if not token.may("write:repository" if pushes else "read:repository"):
        return Response("Forbidden\n", 403, media_type="text/plain")
    repo, suffix = store.find(owner, name), request.url.path.partition(".git/")[2]
    moved = store.moved(owner, name) if repo is None else None
    if moved is not None:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{moved.full_name}/{suffix}{query}", store.product.redirect)
    if repo is None:
        return _missing(store, owner, pushes)
    if not token.sees(repo):
        return Response("Forbidden\n", 403, media_type="text/plain")
    if pushes and repo.archived:
        return Response(ARCHIVED, 403, media_type="text/plain")
    return await _backend(store, repo, token, request, suffix)


def _missing(store: Store, owner: str, pushes: bool) -> Response:
    """A push to what is not there is not 404: there, it might make a repository."""
    if not store.knows(owner):
        return Response("Not found.\n", 404, media_type="text/plain")
    if pushes:
        kind = "organizations" if owner in store.organizations else "users"
        return Response(f"Push to create is not enabled for {kind}.", 403, media_type="text/plain")
    return Response("Repository not found", 404, media_type="text/plain")


async def _backend(store: Store, repo: Repo, token: Token, request: Request, suffix: str) -> Response:
    before = await asyncio.to_thread(head_of, store.bare(repo))
    with tempfile.TemporaryFile() as given:  # git may answer before it has read everything
        async for chunk in request.stream():
            given.write(chunk)
        size = given.tell()
        given.seek(0)
        process = await asyncio.create_subprocess_exec(
            "git", "-c", "http.receivepack=true", *_refusing(store, request), "http-backend", stdin=given,
            stdout=asyncio.subprocess.PIPE, env=_backend_environment(store, repo, token, request, suffix, size),
        )  # fmt: skip
    assert process.stdout is not None
    headers = await _headers(process.stdout)
    status = int(headers.pop("Status", "200").split()[0])
    out = process.stdout

    async def body() -> AsyncIterator[bytes]:
        try:
            while chunk := await out.read(CHUNK_BYTES):
                yield chunk
            await process.wait()
            if suffix == "git-receive-pack":
                store.note_push(repo)
                await asyncio.to_thread(_close_issues, store, repo, before)
        finally:
            if process.returncode is None:
                process.kill()

    return StreamingResponse(body(), status, headers)


def _refusing(store: Store, request: Request) -> tuple[str, ...]:
    """Return git's options for a push that is not to be taken: a hook that says why, or no room for the pack."""
    words = request.scope.get(REFUSAL)
    if words is None:
        return ()
    if not words:
        return "-c", "receive.maxInputSize=1"
    hook = store.root / "refusing/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(store.product.hook + words)} >&2\nexit 1\n", encoding="utf-8"
    )
    hook.chmod(0o755)
    return "-c", f"core.hooksPath={hook.parent}"


def _backend_environment(
    store: Store, repo: Repo, token: Token, request: Request, suffix: str, size: int
) -> dict[str, str]:
    """Return what CGI tells a program of one request (RFC 3875), `size` being the body's bytes."""
    headers = request.headers
    return environment(
        GIT_PROJECT_ROOT=str(store.root / "git"), GIT_HTTP_EXPORT_ALL="1", REMOTE_USER=token.user,
        PATH_INFO=f"/{repo.id}.git/{suffix}", CONTENT_LENGTH=str(size), REMOTE_ADDR="127.0.0.1",
        REQUEST_METHOD=request.method, QUERY_STRING=request.url.query, CONTENT_TYPE=headers.get("content-type", ""),
        HTTP_CONTENT_ENCODING=headers.get("content-encoding", ""), GIT_PROTOCOL=headers.get("git-protocol", ""),
    )  # fmt: skip


async def _headers(out: asyncio.StreamReader) -> dict[str, str]:
    found = {}
    while line := (await out.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        found[name] = value.strip()
    return found


def _close_issues(store: Store, repo: Repo, before: str | None) -> None:
    after = head_of(store.bare(repo))
    if after is None or after == before:
        return
    messages = run_git(store.bare(repo), "log", "--format=%B", f"{before}..{after}" if before else after)
    for found in _REFERENCE.finditer(messages):
        owner, name = found["owner"] or found["url_owner"], found["name"] or found["url_name"]
        there = store.find(owner, name) if owner else repo  # of whatever repository the token's user may write to
        number = int(found["number"] or found["url_number"])
        if there is not None and 1 <= number <= len(there.issues):
            set_state(there.issues[number - 1], "closed", store)
    store.save()
