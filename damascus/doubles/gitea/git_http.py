"""Git's smart HTTP through git's own `git http-backend`; as at Gitea, a pushed `Closes #1` closes that issue."""

import asyncio
import base64
import binascii
import re
import tempfile
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from damascus.doubles.gitea.git import environment, head_of, run_git
from damascus.doubles.gitea.rest import set_state
from damascus.doubles.gitea.store import Repo, Store, Token

CHUNK_BYTES = 64 * 1024
_CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+#(\d+)", re.IGNORECASE)


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
    if token is None:
        return challenge()
    if not token.may("write:repository" if pushes else "read:repository"):
        return Response("Forbidden\n", 403, media_type="text/plain")
    repo = store.find(owner, name) or store.moved(owner, name)
    if repo is None:
        return Response("Repository not found\n", 404, media_type="text/plain")
    suffix = request.url.path.partition(".git/")[2]
    return await _backend(store, repo, token, request, suffix)


async def _backend(store: Store, repo: Repo, token: Token, request: Request, suffix: str) -> Response:
    before = await asyncio.to_thread(head_of, store.bare(repo))
    with tempfile.TemporaryFile() as given:  # git may answer before it has read everything
        async for chunk in request.stream():
            given.write(chunk)
        size = given.tell()
        given.seek(0)
        process = await asyncio.create_subprocess_exec(
            "git", "-c", "http.receivepack=true", "http-backend", stdin=given, stdout=asyncio.subprocess.PIPE,
            env=_backend_environment(store, repo, token, request, suffix, size),
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
                await asyncio.to_thread(_close_issues, store, repo, before)
        finally:
            if process.returncode is None:
                process.kill()

    return StreamingResponse(body(), status, headers)


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
    for number in {int(number) for number in _CLOSES.findall(messages)}:
        if 1 <= number <= len(repo.issues):
            set_state(repo.issues[number - 1], "closed", store)
    store.save()
