"""A working copy with its git data elsewhere, because its files are written by a model.

Every git call names its git directory and its work tree, so a `.git` that a model makes is never read: no hook,
filter, fsmonitor or config of a model's runs in our process (docs/decisions/0006-git-data-outside-the-workspace.md).
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import git

from damascus.core.errors import Conflict, Invalid
from damascus.core.records.authors import Author
from damascus.forge.checkout import export_commit
from damascus.forge.git_command import BRANCH, error_text, run_git, unavailable
from damascus.forge.locks import locked, remove_left_behind
from damascus.forge.port import MAX_FILE_BYTES

IGNORED_FILES = "__pycache__/\n*.pyc\n.pytest_cache/\nnode_modules/\n.venv/\n"
READY_MARKER = "damascus-ready"
DISK_ERROR_TEXTS = (
    "No space left",
    "unable to write",
    "unable to create",
    "Input/output error",
    "Read-only file system",
)


class Workspace:
    """The working copy at `path`; its git data is under `git_dirs`."""

    def __init__(self, path: Path, git_dirs: Path) -> None:
        self.path = path
        key = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        self._git_dir = git_dirs / f"{path.name}-{key}"
        self._lock_fds: tuple[int, ...] = ()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time work here."""
        with locked(self._git_dir.with_name(f"{self._git_dir.name}.lock")) as lock:
            self._lock_fds = (lock,)
            # ours says that no git runs here, so the owner of git's own locks has died
            remove_left_behind(self._git_dir)
            yield

    def open(self, origin: str) -> None:
        """Set up the git data and check out what was committed, unless that was done before.

        Files that are there stay as they are. A working copy that was removed is checked out again.
        """
        ready = self._git_dir / READY_MARKER
        if not self.path.exists():
            # the checkout can be interrupted too: until it is complete this is not a working copy
            ready.unlink(missing_ok=True)
        if ready.exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self._set_up(origin)
        if self.head() is None and self._git("ls-remote", "origin", f"refs/heads/{BRANCH}"):
            self._git("fetch", "--quiet", "--no-tags", "origin", BRANCH)
            self._git("reset", "--quiet", "FETCH_HEAD")
        if self.head() is not None:
            self._check_out()
        ready.touch()

    def commit(self, message: str, author: Author) -> str | None:
        """Commit every change. Returns the commit's sha, None if nothing changed. Raises as `Forge.commit` does."""
        self._check_open()
        if not message.strip():
            raise Invalid("the commit message is empty; say what was changed and why")
        self._check_files()
        self._stage()
        if not self._is_staged():
            return None
        # by file: a message may be longer than an argument can be
        draft = self._git_dir / "damascus-message"
        draft.write_text(message.replace("\0", ""), encoding="utf-8", errors="replace")
        self._git("commit", "--quiet", "--no-verify", "--cleanup=whitespace", "-F", str(draft), env=_names(author))
        return self.head()

    def push(self, sha: str | None = None) -> str:
        """Push a commit, by default the last one, to the origin's main; return its sha. Raises as `Forge.push` does."""
        self._check_open()
        sha = sha or self.head()
        if sha is None:
            raise Invalid("there is no commit to push yet; commit first")
        try:
            self._git("push", "--quiet", "--no-verify", "origin", f"{sha}:refs/heads/{BRANCH}")
        except git.GitCommandError as error:
            if "[rejected]" in error_text(error):
                raise Conflict(f"{BRANCH} has commits from elsewhere that this working copy does not have") from error
            raise unavailable(error, "push") from error
        return sha

    def export(self, sha: str, folder: Path) -> None:
        """Write a commit's files into `folder`. Raises as `export_commit` does."""
        export_commit(self._git_dir, sha, folder)

    def head(self) -> str | None:
        """Return the last commit's sha, None before the first."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}") or None
        except git.GitCommandError:
            return None

    def _set_up(self, origin: str) -> None:
        self._git_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._git("init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
        (self._git_dir / "info").mkdir(exist_ok=True)
        (self._git_dir / "info" / "exclude").write_text(IGNORED_FILES)
        self._git("config", "remote.origin.url", origin)

    def _check_out(self) -> None:
        try:
            self._git("checkout-index", "--all", "--quiet")
        except git.GitCommandError:
            # to git a file that was there and stays is a failure too; to us only one that is missing now
            if self._git("ls-files", "--deleted"):
                raise

    def _stage(self) -> None:
        try:
            self._git("add", "--all")
        except git.GitCommandError as error:
            if any(text in error_text(error) for text in DISK_ERROR_TEXTS):
                raise unavailable(error, "stage the files") from error
            raise Invalid(f"git cannot add these files: {error_text(error)}") from error

    def _is_staged(self) -> bool:
        try:
            self._git("diff", "--cached", "--quiet", "--no-ext-diff", "--no-textconv")
        except git.GitCommandError as error:
            if error.status != 1:
                raise unavailable(error, f"compare the files in {self.path}") from error
            return True
        return False

    def _check_open(self) -> None:
        if not self.path.is_dir() or not (self._git_dir / READY_MARKER).exists():
            raise Conflict(f"{self.path} is not a working copy; create the repository first")

    def _check_files(self) -> None:
        for folder, folders, files in os.walk(self.path, followlinks=False):
            here = Path(folder)
            if here != self.path and (".git" in folders or ".git" in files):
                name = here.relative_to(self.path)
                raise Invalid(f"{name}/.git is a repository within the repository; remove {name}/.git")
            if ".git" in folders:
                folders.remove(".git")  # a model's own, at the top: git passes it over and so do we
            for file in files:
                _check_file(here / file, (here / file).relative_to(self.path))

    def _git(self, *args: str, env: dict[str, str] | None = None) -> str:
        return run_git(self._git_dir, *args, work_tree=self.path, env=env, pass_fds=self._lock_fds)


def _check_file(path: Path, name: Path) -> None:
    found = path.lstat()
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
        # git would wait forever to read a pipe named .gitignore
        raise Invalid(f"{name} is a pipe, a socket or a device; remove it")
    if found.st_size > MAX_FILE_BYTES:
        raise Invalid(f"{name} is larger than {MAX_FILE_BYTES >> 20} MB")


def _names(author: Author) -> dict[str, str]:
    return {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": author.name,
        "GIT_COMMITTER_EMAIL": author.email,
    }
