"""A working copy whose git data lies elsewhere, because its files belong to a model.

Every git call names its git directory and its work tree, so a `.git` that a model makes is never read: no hook,
filter, fsmonitor or config of a model's runs in our process (docs/decisions/0006-git-data-outside-the-workspace.md).
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import git

from damascus.core.errors import Conflict, Invalid, Unavailable
from damascus.forge.base import MAX_FILE_BYTES, Author

BRANCH = "main"
SAFE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C.UTF-8",
}
OPTIONS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.symlinks=true",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "diff.ignoreSubmodules=all",
    "protocol.file.allow=always",
    "advice.addEmbeddedRepo=false",
    "safe.bareRepository=explicit",
)
LITTER = "__pycache__/\n*.pyc\n.pytest_cache/\nnode_modules/\n.venv/\n"


def run_git(git_dir: Path, *args: str, work_tree: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run git on exactly this git directory (and work tree); its output. Raises git.GitCommandError."""
    options = [word for option in OPTIONS for word in ("-c", option)]
    where = [f"--git-dir={git_dir}", *([f"--work-tree={work_tree}"] if work_tree else [])]
    command = ["git", *options, *where, *args]
    output = git.Git(work_tree or git_dir).execute(command, env={**SAFE, **(env or {})}, with_extended_output=False)
    return str(output)


class Workspace:
    """The working copy at `path`; its git data is under `git_dirs`."""

    def __init__(self, path: Path, git_dirs: Path) -> None:
        self.path = path
        key = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        self._git_dir = git_dirs / f"{path.name}-{key}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time; the lock goes with the process."""
        self._git_dir.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._git_dir.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # whoever held the lock of git's own index and died has left it behind; ours says that nobody does
            (self._git_dir / "index.lock").unlink(missing_ok=True)
            yield

    def open(self, origin: str) -> None:
        """Set up the git data and fetch what the origin has; nothing when that was done before."""
        self.path.mkdir(parents=True, exist_ok=True)
        ready = self._git_dir / "damascus-ready"
        if ready.exists():
            return
        self._git_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._git("init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
        (self._git_dir / "info").mkdir(exist_ok=True)
        (self._git_dir / "info" / "exclude").write_text(LITTER)
        self._git("config", "remote.origin.url", origin)
        if self._git("ls-remote", "origin", f"refs/heads/{BRANCH}"):
            self._git("fetch", "--quiet", "--no-tags", "origin", BRANCH)
            self._git("reset", "--quiet", "--hard", "FETCH_HEAD")
        ready.touch()

    def commit(self, message: str, author: Author) -> str | None:
        """Commit every change; None when there is none."""
        self._check_files()
        self._git("add", "--all", "--", ".")
        try:
            self._git("diff", "--cached", "--quiet", "--no-ext-diff", "--no-textconv")
            return None
        except git.GitCommandError as error:
            if error.status != 1:
                raise Unavailable(f"git could not look at {self.path}: {error.stderr.strip()}") from error
        who = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_COMMITTER_NAME": author.name,
            "GIT_COMMITTER_EMAIL": author.email,
        }
        run_git(
            self._git_dir, "commit", "--quiet", "--no-verify", "--cleanup=whitespace", "-m", message,
            work_tree=self.path, env=who,
        )  # fmt: skip
        return self.head()

    def push(self) -> str:
        """Push to the origin's main; the sha that is there then."""
        sha = self.head()
        if sha is None:
            raise Invalid("there is no commit to push yet: commit first")
        try:
            self._git("push", "--quiet", "--no-verify", "origin", f"{sha}:refs/heads/{BRANCH}")
        except git.GitCommandError as error:
            if "rejected" in error.stderr or "fetch first" in error.stderr:
                raise Conflict(
                    f"{BRANCH} has commits from elsewhere that this working copy has not"
                ) from error
            raise Unavailable(f"the push failed: {error.stderr.strip()}") from error
        return sha

    def head(self) -> str | None:
        """The last commit's sha."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}") or None
        except git.GitCommandError:
            return None

    def _check_files(self) -> None:
        for folder, folders, files in os.walk(self.path, followlinks=False):
            here = Path(folder)
            if here != self.path and (".git" in folders or ".git" in files):
                name = here.relative_to(self.path)
                raise Invalid(f"{name}/.git is a repository within the repository: remove {name}/.git")
            if ".git" in folders:
                folders.remove(".git")  # a model's own, at the top: git passes it over and so do we
            for file in files:
                if (here / file).lstat().st_size > MAX_FILE_BYTES:
                    raise Invalid(f"{(here / file).relative_to(self.path)} is larger than {MAX_FILE_BYTES >> 20} MB")

    def _git(self, *args: str) -> str:
        return run_git(self._git_dir, *args, work_tree=self.path)
