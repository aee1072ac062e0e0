"""Pages for a person: repositories, files, commits and issues, at Gitea's own addresses. Each says what it is."""

import asyncio
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from damascus.doubles.gitea import NOTICE
from damascus.doubles.gitea.git import BRANCH, query_git
from damascus.doubles.gitea.git_http import basic, challenge
from damascus.doubles.gitea.store import Repo, Store

TEMPLATES = Path(__file__).parent / "templates"
LOG_FORMAT = "--format=%H%x00%an%x00%aI%x00%s"


class Pages:
    """The pages, for anybody who gives a token as the password (with any name)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)

    def routes(self) -> list[Route]:
        repo = "/{owner}/{name}"
        return [
            Route("/", self.home),
            Route(repo, self.repository),
            Route(f"{repo}/src/branch/main", self.repository),
            Route(f"{repo}/commits/branch/main", self.commits),
            Route(f"{repo}/commit/{{sha}}", self.commit),
            Route(f"{repo}/issues", self.issues),
            Route(f"{repo}/issues/{{number:int}}", self.issue),
        ]

    async def home(self, request: Request) -> Response:
        return self._page("home", request, repos=self._store.repos())

    async def repository(self, request: Request) -> Response:
        repo = self._repo(request)
        files = await self._git(repo, "ls-tree", "-r", "--name-only", BRANCH)
        return self._page("repository", request, repo=repo, files=files.splitlines())

    async def commits(self, request: Request) -> Response:
        repo = self._repo(request)
        log = await self._git(repo, "log", "-100", LOG_FORMAT, BRANCH)
        return self._page("commits", request, repo=repo, commits=[line.split("\0") for line in log.splitlines()])

    async def commit(self, request: Request) -> Response:
        repo, sha = self._repo(request), request.path_params["sha"]
        shown = await self._git(repo, "show", "--no-ext-diff", sha) if sha.isalnum() else ""
        return self._page("commit", request, repo=repo if shown else None, sha=sha, shown=shown)

    async def issues(self, request: Request) -> Response:
        return self._page("issues", request, repo=self._repo(request))

    async def issue(self, request: Request) -> Response:
        repo, number = self._repo(request), request.path_params["number"]
        issue = next((issue for issue in repo.issues if issue.number == number), None) if repo else None
        return self._page("issue", request, repo=repo if issue else None, issue=issue)

    def _page(self, name: str, request: Request, **values: Any) -> Response:
        if basic(self._store, request) is None:
            return challenge()
        if values.get("repo", self) is None:
            return HTMLResponse(self._templates.get_template("missing.html").render(notice=NOTICE), 404)
        return HTMLResponse(self._templates.get_template(f"{name}.html").render(notice=NOTICE, **values))

    def _repo(self, request: Request) -> Repo | None:
        return self._store.find(request.path_params["owner"], request.path_params["name"])

    async def _git(self, repo: Repo | None, *args: str) -> str:
        """Return git's output, an empty text while nothing was pushed or if there is no such commit."""
        return await asyncio.to_thread(query_git, self._store.bare(repo), *args) if repo else ""
