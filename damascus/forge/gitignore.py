"""`.gitignore`, as far as a working copy needs it, on bytes that the caller read.

The patterns come from a model, so their cost is bounded: names are matched one by one, with the standard library's
`fnmatch`, which does not backtrack, and the sum of all comparisons is limited. Differences to git: a file that is
ignored is not committed, also if an earlier commit has it; nothing outside of the working copy is obeyed.
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from damascus.core.errors import Invalid

FILE_NAME = ".gitignore"
MAX_GITIGNORE_BYTES = 64 * 1024
MAX_COST = 1_000_000_000  # about 10 s
PATTERN_COST, COMPARISON_COST = 20_000, 100
BUILT_IN = b"__pycache__/\n*.pyc\n.pytest_cache/\nnode_modules/\n.venv/\n"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what the names of a path below `base` must match, None standing for any number of names.

    `ignores` is False for a line with `!`.
    """

    base: tuple[str, ...]
    parts: tuple[re.Pattern[str] | None, ...]
    ignores: bool
    folders_only: bool


class IgnoreRules:
    """The lines that hold in a folder; the last one that matches decides."""

    def __init__(self) -> None:
        self._patterns: list[Pattern] = []
        self._cost = 0
        self.enter((), BUILT_IN)

    def enter(self, base: tuple[str, ...], data: bytes) -> int:
        """Add the lines of the `.gitignore` of a folder; `leave` with what is returned takes them away again."""
        before = len(self._patterns)
        for pattern in _patterns(base, data[:MAX_GITIGNORE_BYTES]):
            self._charge(PATTERN_COST)
            self._patterns.append(pattern)
        return before

    def leave(self, mark: int) -> None:
        """Forget what was added since `enter` returned this mark."""
        del self._patterns[mark:]

    def ignores(self, path: tuple[str, ...], *, is_folder: bool) -> bool:
        """Return True if a path is not to be committed. Raises Invalid if the patterns cost too much to compare."""
        for pattern in reversed(self._patterns):
            if pattern.folders_only and not is_folder:
                continue
            if self._matches(path[len(pattern.base) :], pattern.parts):
                return pattern.ignores
        return False

    def _matches(self, names: Sequence[str], parts: Sequence[re.Pattern[str] | None]) -> bool:
        """Compare name by name; `reached` are the numbers of parts that the names so far can have matched."""
        if len(parts) == 2 and parts[0] is None and parts[1] is not None:  # the most frequent: a name, anywhere
            return self._compare(names[-1], parts[1])
        reached = {0}
        for name in names:
            following = set()
            for n in _through_any(reached, parts):
                part = parts[n] if n < len(parts) else None
                if n < len(parts) and part is None:
                    following.add(n)
                elif part is not None and self._compare(name, part):
                    following.add(n + 1)
            reached = following
        return len(parts) in reached

    def _compare(self, name: str, part: re.Pattern[str]) -> bool:
        self._charge(COMPARISON_COST + len(name) * len(part.pattern))
        return part.match(name) is not None

    def _charge(self, cost: int) -> None:
        self._cost += cost
        if self._cost > MAX_COST:
            raise Invalid("the .gitignore files have too many patterns for this many files; shorten them")


def _through_any(reached: Iterable[int], parts: Sequence[re.Pattern[str] | None]) -> set[int]:
    """Return the positions, and those behind each `**` that matches no name."""
    found = set(reached)
    for n in range(len(parts)):
        if n in found and parts[n] is None and n + 1 < len(parts):
            found.add(n + 1)
    return found


def _patterns(base: tuple[str, ...], data: bytes) -> Iterable[Pattern]:
    for line in data.decode(errors="replace").splitlines():
        text = line if line.endswith("\\ ") else line.rstrip()
        if not text or text.startswith("#"):
            continue
        ignores = not text.startswith("!")
        text = text.removeprefix("!")
        folders_only = text.endswith("/")
        names = [part for part in text.strip("/").split("/") if part]
        if not names:
            continue
        anywhere = "/" not in text.rstrip("/")
        if names[-1] == "**":
            names.append("*")  # what is inside, not the folder itself
        parts = [None if name == "**" else _compiled(name) for name in names]
        yield Pattern(base, tuple([None, *parts] if anywhere else parts), ignores, folders_only)


def _compiled(part: str) -> re.Pattern[str]:
    """Return a part of a pattern as `fnmatch` reads it: a backslash quotes, `[^` is `[!`."""
    plain = re.sub(r"\\(.)", lambda quoted: re.sub(r"([*?[])", r"[\1]", quoted.group(1)), part).replace("[^", "[!")
    try:
        return re.compile(fnmatch.translate(plain))
    except re.error:
        return re.compile(r"(?!)")  # as git: a line that is not a pattern matches nothing
