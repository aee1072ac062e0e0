"""What a `.gitignore` keeps out of a commit: what git itself would, and no pattern can hang us."""

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from damascus.core.errors import Invalid
from damascus.forge.gitignore import IgnoreRules

LINES = """
*.log
!keep.log
/build
docs/*.txt
**/cache
a/**/z
deep/**
temp/
\\#odd
\\!bang
[a-c]x
[!a-c]y
[^a-c]w
q?
sp\\ 
[z-a]bad
**
!**
trailing   
"""  # noqa: W291
NAMES = (
    "a",
    "b",
    "build",
    "cache",
    "z",
    "x.log",
    "keep.log",
    "n.txt",
    "docs",
    "temp",
    "deep",
    "ax",
    "ay",
    "dy",
    "qq",
    "dw",
)


def ignored_by_us(lines: bytes, inner: bytes, path: str) -> bool:
    """As the walk asks: folder by folder, and nothing below an ignored one."""
    rules, parts = IgnoreRules(), tuple(path.split("/"))
    rules.enter((), lines)
    for depth in range(1, len(parts)):
        if rules.ignores(parts[:depth], is_folder=True):
            return True
        if parts[:depth] == ("docs",):
            rules.enter(("docs",), inner)
    return rules.ignores(parts, is_folder=False)


@pytest.mark.parametrize("line", [*LINES.strip("\n").split("\n"), LINES, "*\n!*/\n!*.txt", "/a/b\n!/a/b/z", "a/\n!a/b"])
def test_the_same_is_ignored_as_git_ignores(tmp_path: Path, line: str) -> None:
    paths = ["/".join(names) for n in (1, 2, 3) for names in itertools.product(NAMES, repeat=n)]
    paths += ["#odd", "!bang", "sp ", "trailing", "node_modules/a", "b/__pycache__/x"]
    inner = "/n.txt\n!x.log\nb/z\n"
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".git/info").mkdir(exist_ok=True)
    (tmp_path / ".git/info/exclude").write_text("__pycache__/\n*.pyc\n.pytest_cache/\nnode_modules/\n.venv/\n")
    (tmp_path / ".gitignore").write_text(line)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/.gitignore").write_text(inner)
    asked = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(paths), capture_output=True, text=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )  # fmt: skip
    theirs = set(asked.stdout.split("\0")) - {""}
    ours = {path for path in paths if ignored_by_us(line.encode(), inner.encode(), path)}
    assert (ours ^ theirs) - {"docs"} == set()  # which is a folder here


def test_patterns_that_cost_too_much_are_refused_soon() -> None:
    rules = IgnoreRules()
    rules.enter((), b"\n".join(b"a*" * 100 + b"%d" % n for n in range(300)))
    with pytest.raises(Invalid, match="too many patterns"):
        [rules.ignores((f"{'a' * 200}{n}",), is_folder=False) for n in range(10_000)]


def test_lines_of_a_folder_hold_in_it_only() -> None:
    rules = IgnoreRules()
    mark = rules.enter(("sub",), b"*.tmp\n")
    assert rules.ignores(("sub", "x.tmp"), is_folder=False)
    rules.leave(mark)
    assert not rules.ignores(("x.tmp",), is_folder=False)
