"""Pages for a person: code, commits, issues, milestones, releases, at Gitea's own addresses. Each says what it is."""

import asyncio
import base64
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from damascus.doubles.gitea import NOTICE
from damascus.doubles.gitea.git import BRANCH, query_git
from damascus.doubles.gitea.git_http import basic, challenge
from damascus.doubles.gitea.store import GiteaLabel, Issue, Repo, Store

TEMPLATES = Path(__file__).parent / "templates"
LOG_FORMAT = "--format=%H%x00%an%x00%ae%x00%ad%x00%s"
NO_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="#aaa" d="M0 0h1v1H0z"/></svg>'


class Pages:
    """The pages, for anybody who gives a token as the password (with any name)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
        self._templates.filters["markdown"] = rendered

    def routes(self) -> list[Route]:
        repo = "/{owner}/{name}"
        return [
            Route("/", self.home),
            Route("/avatars/{login}", self.picture),
            Route(repo, self.repository),
            Route(f"{repo}/src/branch/main", self.repository),
            Route(f"{repo}/src/branch/main/{{path:path}}", self.file),
            Route(f"{repo}/commits/branch/main", self.commits),
            Route(f"{repo}/commit/{{sha}}", self.commit),
            Route(f"{repo}/issues", self.issues),
            Route(f"{repo}/issues/{{number:int}}", self.issue),
            Route(f"{repo}/pulls", self.pulls),
            Route(f"{repo}/pulls/{{number:int}}", self.issue),
            Route(f"{repo}/milestones", self.milestones),
            Route(f"{repo}/milestone/{{id:int}}", self.issues),
            Route(f"{repo}/releases", self.releases),
            Route(f"{repo}/releases/download/{{tag}}/{{file}}", self.download),
        ]

    async def home(self, request: Request) -> Response:
        return self._page("home", request, repos=self._store.repos())

    async def picture(self, request: Request) -> Response:
        person = self._store.people.get(request.path_params["login"])
        if person is None or not person.picture:
            return Response(NO_PICTURE, media_type="image/svg+xml")
        return Response(base64.b64decode(person.picture), media_type="image/png")

    async def repository(self, request: Request) -> Response:
        repo = self._repo(request)
        if repo is not None and basic(self._store, request) is not None:
            self._store.look_at(repo)
        files = await self._git(repo, "ls-tree", "-r", "--name-only", BRANCH)
        readme = await self._git(repo, "show", f"{BRANCH}:README.md")
        return self._page("repository", request, repo=repo, files=files.splitlines(), readme=readme)

    async def file(self, request: Request) -> Response:
        repo, path = self._repo(request), request.path_params["path"]
        text = await self._git(repo, "show", f"{BRANCH}:{path}")
        return self._page("file", request, repo=repo if text else None, path=path, text=text)

    async def commits(self, request: Request) -> Response:
        repo = self._repo(request)
        log = await self._git(repo, "log", "-100", LOG_FORMAT, "--date=format:%Y-%m-%d %H:%M", BRANCH)
        commits = []
        for line in log.splitlines():
            sha, name, email, at, subject = line.split("\0")
            person = self._store.person_of(email)
            commits.append((sha, person.login if person else "", name, at, subject))
        return self._page("commits", request, repo=repo, commits=commits)

    async def commit(self, request: Request) -> Response:
        repo, sha = self._repo(request), request.path_params["sha"]
        shown = await self._git(repo, "show", "--no-ext-diff", sha) if sha.isalnum() else ""
        return self._page("commit", request, repo=repo if shown else None, sha=sha, shown=shown)

    async def issues(self, request: Request) -> Response:
        repo, of = self._repo(request), request.path_params.get("id")
        milestone = next((one for one in repo.milestones if one.id == of), None) if repo else None
        found = [one for one in reversed(repo.issues if repo else []) if not one.pull and of in (None, one.milestone)]
        return self._list("Issues", request, repo, found, milestone)

    async def pulls(self, request: Request) -> Response:
        repo = self._repo(request)
        return self._list("Pull requests", request, repo, [one for one in (repo.issues if repo else []) if one.pull])

    async def issue(self, request: Request) -> Response:
        repo, number = self._repo(request), request.path_params["number"]
        issue = next((issue for issue in repo.issues if issue.number == number), None) if repo else None
        labels = self._labels(repo, issue) if repo and issue else []
        return self._page("issue", request, repo=repo if issue else None, issue=issue, labels=labels)

    async def milestones(self, request: Request) -> Response:
        repo = self._repo(request)
        counts = {
            one.id: [issue.state for issue in repo.issues if issue.milestone == one.id]
            for one in (repo.milestones if repo else [])
            if repo
        }
        return self._page("milestones", request, repo=repo, counts=counts)

    async def releases(self, request: Request) -> Response:
        return self._page("releases", request, repo=self._repo(request))

    async def download(self, request: Request) -> Response:
        repo, wanted = self._repo(request), (request.path_params["tag"], request.path_params["file"])
        assets = [(one.tag, asset) for one in (repo.releases if repo else []) for asset in one.assets]
        found = next((asset for tag, asset in assets if (tag, asset.name) == wanted), None)
        page = self._page("missing", request, repo=repo if found else None)
        if found is None or page.status_code != 200:
            return page
        return Response(self._store.asset_path(found.id).read_bytes(), media_type="application/zip")

    def _list(
        self, title: str, request: Request, repo: Repo | None, found: list[Issue], milestone: Any = None
    ) -> Response:
        rows = [(issue, self._labels(repo, issue)) for issue in found] if repo else []
        return self._page("issues", request, title=title, repo=repo, rows=rows, milestone=milestone)

    def _labels(self, repo: Repo, issue: Issue) -> list[GiteaLabel]:
        return [label for label in repo.labels if label.id in issue.labels]

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


def rendered(text: str) -> Markup:
    """Return Markdown as HTML, without what Gitea does not show, and with no element that the text brings along."""
    shown = "\n".join(line for line in text.splitlines() if not line.startswith("<!--"))
    markdown = MarkdownIt("js-default", {"html": False})
    tokens = markdown.parse(shown)
    for at, token in enumerate(tokens):  # Gitea names headings, and leads links within a page there
        if token.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", tokens[at + 1].content.lower()).replace(" ", "-")
            token.attrSet("id", f"user-content-{words}")
        for child in token.children or ():
            href = str(child.attrs.get("href", ""))
            if href.startswith("#"):
                child.attrSet("href", f"#user-content-{href[1:]}")
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704 - it escapes what is not Markdown
