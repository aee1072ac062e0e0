"""A working copy with its git data elsewhere, because its files are written by a model.

No git ever runs in it: a commit is made of bytes that we read ourselves, and files are written by ourselves, so no
hook, filter, fsmonitor, attribute or config of a model's is ever read
(docs/decisions/0014-git-never-sees-a-models-files.md). git itself only carries commits between our own repositories.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import git
from dulwich.objects import ObjectID

from damascus.core.clock import SystemClock
from damascus.core.confined_folder import ConfinedFolder, parts_of
from damascus.core.errors import Conflict, Invalid, NotFound
from damascus.core.records.authors import Author
from damascus.forge import history
from damascus.forge.checkout import export_commit
from damascus.forge.git_command import BRANCH, error_text, run_git, unavailable
from damascus.forge.locks import locked, remove_left_behind
from damascus.forge.objects import Objects, complete, open_objects, write_file
from damascus.forge.port import NOTHING, FileChange, never
from damascus.forge.working_files import Withhold, WorkingFiles

READY_MARKER = "damascus-ready"
EXISTING_MARKER = "damascus-existing"  # the code was somebody's before


class Workspace:
    """The working copy at `path`; its git data is under `git_dirs`."""

    def __init__(self, path: Path, git_dirs: Path) -> None:
        self.path = path
        key = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        self._git_dir = git_dirs / f"{path.name}-{key}"
        self._lock_file = git_dirs / f"{self._git_dir.name}.lock"
        self._lock_fds: tuple[int, ...] = ()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time work here."""
        with locked(self._lock_file) as lock:
            self._lock_fds = (lock,)
            # ours says that no git runs here, so the owner of git's own locks has died
            remove_left_behind(self._git_dir)
            yield

    def open(self, origin: str, branch: str = BRANCH) -> None:
        """Set up the git data and check out what was committed to a branch, unless that was done before.

        A branch that is not there yet begins from `main`.

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
        for known in dict.fromkeys((branch, BRANCH)):
            if self.head() is None and self._git("ls-remote", "origin", f"refs/heads/{known}"):
                self._git("fetch", "--quiet", "--no-tags", "origin", f"refs/heads/{known}")
                self._git("update-ref", f"refs/heads/{BRANCH}", "FETCH_HEAD")
        head = self.head()
        if head is not None:
            with open_objects(self._git_dir) as objects:
                complete(objects.files(head), self.path)
        if branch != BRANCH:
            (self._git_dir / EXISTING_MARKER).touch()
        ready.touch()

    def commit(
        self,
        message: str,
        author: Author,
        withhold: Withhold = never,
        ignored: Callable[[tuple[str, ...]], object] = never,
    ) -> str | None:
        """Commit every change. Returns the commit's sha, None if nothing changed. Raises as `Forge.commit` does."""
        self._check_open()
        if not message.strip():
            raise Invalid("the commit message is empty; say what was changed and why")
        with open_objects(self._git_dir) as objects:
            head = objects.head()
            before = self._tracked(objects)
            kept = [path for path in before if withhold(path)]
            files = WorkingFiles(self.path, withhold, ignored, before)
            tree = objects.write_tree(chain(objects.files_at(head or "", kept), files))
            if tree == (objects.tree_of(head) if head else ObjectID(NOTHING.encode())):
                return None
            return objects.commit(tree, message, author, SystemClock().now())

    def push(self, sha: str | None = None, branch: str = BRANCH) -> str:
        """Push a commit, by default the last one, to the origin; return its sha. Raises as `Forge.push` does."""
        self._check_open()
        sha = sha or self.head()
        if sha is None:
            raise Invalid("there is no commit to push yet; commit first")
        try:
            self._git("push", "--quiet", "--no-verify", "origin", f"{sha}:refs/heads/{branch}")
        except git.GitCommandError as error:
            if "[rejected]" in error_text(error):
                raise Conflict(f"{branch} has commits from elsewhere that this working copy does not have") from error
            raise unavailable(error, "push") from error
        return sha

    def export(self, sha: str, folder: Path) -> None:
        """Write a commit's files into `folder`. Raises as `export_commit` does."""
        export_commit(self._git_dir, sha, folder)

    def history(self, limit: int) -> str:
        """Return the last commits as text, empty if there is none. Raises as `Forge.history` does."""
        self._check_open()
        return history.log(self._git_dir, limit) if self.head() else ""

    def diff(self, sha: str | None, file: str) -> str:
        """Return as text what a commit changed, or the working copy since the last one."""
        self._check_open()
        file = "/".join(parts_of(file))
        with open_objects(self._git_dir) as objects:
            if sha is not None:
                after = history.resolve(self._git_dir, sha)
                before = objects.parent_of(after)
                return history.diff(self._git_dir, before or NOTHING, after, file)
            head = objects.head()
            tree = objects.write_tree(WorkingFiles(self.path, tracked=self._tracked(objects)))
        return history.diff(self._git_dir, head or NOTHING, tree.decode(), file)

    def changes(self, sha: str, since: str | None = None) -> list[FileChange]:
        """Return how the files of two commits differ. Raises NotFound if there is none of them."""
        self._check_open()
        after = history.resolve(self._git_dir, sha)
        if since is None:
            with open_objects(self._git_dir) as objects:
                since = objects.parent_of(after)
        before = NOTHING if since in (None, NOTHING) else history.resolve(self._git_dir, since)
        return history.changes(self._git_dir, before, after)

    def restore(self, file: str, sha: str | None) -> list[str]:
        """Write files as a commit has them over those of the working copy. Returns their paths."""
        self._check_open()
        sha = history.resolve(self._git_dir, sha) if sha else self.head()
        if sha is None:
            raise NotFound("there is no commit yet to restore from; `commit` makes one")
        place, restored = ConfinedFolder(self.path), []
        with open_objects(self._git_dir) as objects:
            for found in objects.files(sha, parts_of(file)):
                place.remove("/".join(found.path))
                write_file(place, found)
                restored.append("/".join(found.path))
        if not restored:
            raise NotFound(f"commit {sha[:12]} has no {file}; `history` and `diff` show what there is")
        return restored

    def head(self) -> str | None:
        """Return the last commit's sha, None before the first."""
        if not self._git_dir.exists():
            return None
        with open_objects(self._git_dir) as objects:
            return objects.head()

    def forget(self) -> None:
        """Remove the git data, also what an earlier attempt left of it."""
        aside = self._git_dir.with_name(f"{self._git_dir.name}.forgotten")
        with self.locked():
            shutil.rmtree(aside, ignore_errors=True)
            if self._git_dir.exists():
                self._git_dir.rename(aside)
                shutil.rmtree(aside, ignore_errors=True)  # two may be here once the lock's file is gone
            self._lock_file.unlink(missing_ok=True)

    def _tracked(self, objects: Objects) -> list[tuple[str, ...]]:
        """Return the files that stay in a commit though a `.gitignore` names them: those that somebody had there."""
        head = objects.head()
        return objects.paths(head) if head and (self._git_dir / EXISTING_MARKER).exists() else []

    def _set_up(self, origin: str) -> None:
        self._git_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._git("init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
        self._git("config", "remote.origin.url", origin)

    def _check_open(self) -> None:
        if not self.path.is_dir() or not (self._git_dir / READY_MARKER).exists():
            raise Conflict(f"{self.path} is not a working copy; create the repository first")

    def _git(self, *args: str) -> str:
        return run_git(self._git_dir, *args, pass_fds=self._lock_fds)
