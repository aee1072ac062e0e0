"""What the stand-in knows, in one JSON file beside the bare repositories: users, repositories, issues, old names."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from damascus.core.clock import Clock
from damascus.core.files import write_whole
from damascus.doubles.gitea.git import BRANCH, run_git
from damascus.doubles.gitea.products import GITEA, Product

ALL = "all"
PUBLIC_ONLY = "public-only"
TABS = (
    "has_issues", "has_wiki", "has_projects", "has_packages", "has_releases", "has_pull_requests", "has_actions",
)  # fmt: skip
STATE_FILE = "state.json"


@dataclass
class Token:
    """The user it belongs to, and what it may do: such as `write:issue`, `public-only` or `all`.

    `repositories` are the names of those that it is for, as Forgejo has it since 15; none: all of them.
    """

    user: str
    scopes: list[str]
    repositories: list[str] = field(default_factory=list)

    def may(self, scope: str) -> bool:
        level, _, category = scope.partition(":")
        good = {ALL, f"write:{category}", *([scope] if level == "read" else [])}
        return bool(good & set(self.scopes))

    def sees(self, repo: "Repo") -> bool:
        """Return whether it is good for a repository; what is public is shown to everybody."""
        hidden = PUBLIC_ONLY in self.scopes or (self.repositories and repo.name not in self.repositories)
        return not (repo.private and hidden)


@dataclass
class Person:
    """A user; `picture` is a PNG in base64."""

    login: str
    full_name: str = ""
    email: str = ""
    picture: str = ""


@dataclass
class GiteaLabel:
    id: int
    name: str
    color: str
    description: str = ""
    exclusive: bool = False


@dataclass
class GiteaMilestone:
    id: int
    title: str
    description: str
    state: str
    created_at: str


@dataclass
class Comment:
    id: int
    user: str
    body: str
    created_at: str


@dataclass
class Asset:
    id: int
    name: str
    size: int


@dataclass
class GiteaRelease:
    id: int
    tag: str
    target: str
    title: str
    body: str
    user: str
    created_at: str
    assets: list[Asset] = field(default_factory=list)


@dataclass
class Pull:
    """What makes an issue a pull request."""

    head: str
    base: str


@dataclass
class Issue:
    number: int
    title: str
    body: str
    state: str
    user: str
    created_at: str
    closed_at: str | None = None
    blocked_by: list[int] = field(default_factory=list)
    milestone: int | None = None
    labels: list[int] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    pull: Pull | None = None


@dataclass
class Repo:
    id: int
    owner: str
    name: str
    description: str
    private: bool
    created_at: str
    issues: list[Issue] = field(default_factory=list)
    labels: list[GiteaLabel] = field(default_factory=list)
    milestones: list[GiteaMilestone] = field(default_factory=list)
    releases: list[GiteaRelease] = field(default_factory=list)
    has_issues: bool = True
    has_wiki: bool = True
    has_projects: bool = True
    has_packages: bool = True
    has_releases: bool = True
    has_pull_requests: bool = True
    has_actions: bool = True
    archived: bool = False
    push_seen: bool = False
    default_branch: str = BRANCH
    permissions: dict[str, bool] = field(default_factory=lambda: {"admin": True, "push": True, "pull": True})

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class Store:
    """All of it in memory, written whole after each change. For one process."""

    def __init__(
        self, root: Path, clock: Clock, users: list[str], organizations: list[str], product: Product = GITEA
    ) -> None:
        self.root = root
        self.product = product
        self.wants_second_factor = False
        self.seems_empty_seconds = 0.0  # after its first push: Gitea looks at what was pushed only later
        self.people = {name: Person(name, email=f"{name}@noreply.localhost") for name in users}
        self.organizations = organizations
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._repos: dict[int, Repo] = {}
        self._moved: dict[str, int] = {}
        self._last_id = 0
        self._first_pushes: dict[int, float] = {}
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._load()

    def now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    def new_token(self, user: str, scopes: list[str], repositories: Sequence[str] = ()) -> str:
        secret = secrets.token_hex(20)
        self._tokens[_hash(secret)] = Token(user, scopes, list(repositories))
        self.save()
        return secret

    def token(self, secret: str) -> Token | None:
        return self._tokens.get(_hash(secret))

    def forget_token(self, secret: str) -> None:
        self._tokens.pop(_hash(secret), None)
        self.save()

    def new_id(self) -> int:
        """Return an id that nothing here has."""
        self._last_id += 1
        return self._last_id

    def person_of(self, email: str) -> Person | None:
        """Return the user whose commits have this address."""
        return next((one for one in self.people.values() if one.email.lower() == email.lower()), None)

    def asset_path(self, id: int) -> Path:
        return self.root / "assets" / str(id)

    def bare(self, repo: Repo) -> Path:
        return self.root / "git" / f"{repo.id}.git"

    def repos(self) -> list[Repo]:
        return sorted(self._repos.values(), key=lambda repo: repo.full_name)

    def by_id(self, id: int) -> Repo | None:
        return self._repos.get(id)

    def knows(self, owner: str) -> bool:
        return owner.lower() in [name.lower() for name in (*self.people, *self.organizations)]

    def note_push(self, repo: Repo) -> None:
        self._first_pushes.setdefault(repo.id, self._clock.monotonic())
        self.is_empty(repo)

    def is_empty(self, repo: Repo) -> bool:
        """Return whether nothing was pushed, as far as has been noticed.

        As at Gitea, it notices a while after a push, not at all if it was killed meanwhile, and when a page is opened.
        """
        pushed_at = self._first_pushes.get(repo.id)
        if pushed_at is not None and self._clock.monotonic() - pushed_at >= self.seems_empty_seconds:
            self.look_at(repo)
        return not repo.push_seen

    def look_at(self, repo: Repo) -> None:
        """Notice what was pushed."""
        if not repo.push_seen and any((self.bare(repo) / "refs/heads").iterdir()):
            repo.push_seen = True
            self.save()

    def find(self, owner: str, name: str) -> Repo | None:
        wanted = f"{owner}/{name}".lower()
        return next((repo for repo in self._repos.values() if repo.full_name.lower() == wanted), None)

    def moved(self, owner: str, name: str) -> Repo | None:
        """The repository that once had this name."""
        return self._repos.get(self._moved.get(f"{owner}/{name}".lower(), 0))

    def create(self, owner: str, name: str, description: str, private: bool) -> Repo:
        repo = Repo(self.new_id(), owner, name, description, private, self.now())
        bare = self.bare(repo)
        bare.mkdir(parents=True)
        run_git(bare, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
        self._repos[repo.id] = repo
        self._moved.pop(repo.full_name.lower(), None)
        self.save()
        return repo

    def rename(self, repo: Repo, name: str) -> None:
        self._moved[repo.full_name.lower()] = repo.id
        repo.name = name
        self.save()

    def remove(self, repo: Repo) -> None:
        """Forget it; its git data stays on the disk."""
        del self._repos[repo.id]
        self.save()

    def save(self) -> None:
        state = {
            "last_id": self._last_id,
            "moved": self._moved,
            "people": [asdict(person) for person in self.people.values()],
            "tokens": {key: asdict(token) for key, token in self._tokens.items()},
            "repos": [asdict(repo) for repo in self._repos.values()],
        }
        write_whole(self.root / STATE_FILE, json.dumps(state, indent=1))

    def _load(self) -> None:
        path = self.root / STATE_FILE
        if not path.exists():
            return
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._last_id, self._moved = state["last_id"], state["moved"]
        self._tokens = {key: Token(**token) for key, token in state["tokens"].items()}
        self.people |= {data["login"]: Person(**data) for data in state.get("people", [])}
        read = TypeAdapter(list[Repo])
        self._repos = {repo.id: repo for repo in read.validate_python(state["repos"])}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
