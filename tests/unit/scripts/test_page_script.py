"""`scripts/page`: the page is built with the Node that is there, and a set-up without one says how to get the page."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.programs import put

ROOT = Path(__file__).parents[3]
TOOLS = ("bash", "env", "dirname", "find", "timeout", "touch", "mkdir", "sed", "cat", "rm")
NPM = """echo "$@" >>calls
case "$*" in
  *" ci "*) mkdir -p dashboard/node_modules; touch dashboard/node_modules/.package-lock.json;;
  *build*) mkdir -p damascus/office/static; touch damascus/office/static/index.html;;
esac"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with an empty page, and beside it `bin`: all that is on the PATH."""
    root = tmp_path / "a clone"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/page", root / "scripts")
    (root / "dashboard").mkdir()
    for name in ("package-lock.json", "index.html", "node.lock"):
        (root / "dashboard" / name).touch()
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return root


def page(clone: Path, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [clone / "scripts/page", *args], env={"PATH": str(clone.parent / "bin"), "HOME": str(clone), **env},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def node(clone: Path, version: str = "v22.1.0") -> None:
    put(clone.parent / "bin", "node", f"echo {version}")
    put(clone.parent / "bin", "npm", NPM)


def calls(clone: Path) -> list[str]:
    return (clone / "calls").read_text().splitlines()


def test_it_is_built_with_the_node_that_is_there_and_not_again_until_it_changes(clone: Path) -> None:
    node(clone)
    assert page(clone).returncode == 0
    install, build = calls(clone)
    assert "ci" in install.split()
    assert "--omit=dev" in install
    assert "run" in build.split()
    assert page(clone).returncode == 0
    assert len(calls(clone)) == 2
    os.utime(clone / "dashboard/index.html", (4e9, 4e9))
    page(clone)
    assert [call for call in calls(clone)[2:] if "build" in call] != []
    assert [call for call in calls(clone)[2:] if " ci " in call] == []


@pytest.mark.parametrize("version", [None, "v18.20.0"])
def test_a_set_up_that_cannot_build_it_says_in_one_line_how_to_get_it(clone: Path, version: str | None) -> None:
    if version:
        node(clone, version)
    put(clone.parent / "bin", "uv", "echo there is no network >&2; exit 1")
    done = page(clone, "setup")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "The company works without it; `make page` builds it" in done.stderr
    assert "there is no network" in (clone / ".node.log").read_text()
    assert not (clone / "damascus/office/static").exists()


def test_whoever_asks_for_the_page_itself_is_told_what_is_wrong(clone: Path) -> None:
    put(clone.parent / "bin", "uv", "echo there is no network >&2; exit 1")
    done = page(clone)
    assert done.returncode != 0
    assert "there is no network" in done.stderr


def test_nothing_is_fetched_ahead_of_the_set_up(clone: Path) -> None:
    put(clone.parent / "bin", "uv", "touch called; exit 1")
    assert page(clone, "ahead").returncode == 0
    assert not (clone / "called").exists()
    node(clone)
    assert page(clone, "ahead").returncode == 0
    assert (clone / "damascus/office/static/index.html").exists()


def test_a_failed_build_is_no_failed_set_up(clone: Path) -> None:
    node(clone)
    put(clone.parent / "bin", "npm", "echo the registry is away >&2; exit 1")
    done = page(clone, "setup")
    assert done.returncode == 0
    assert "`make page` builds it" in done.stderr


@pytest.mark.parametrize("what", ["lint", "test"])
def test_sources_are_looked_at_where_their_packages_are_and_otherwise_it_is_said(clone: Path, what: str) -> None:
    node(clone)
    done = page(clone, what)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "`scripts/page packages` installs what that needs" in done.stdout
    assert not (clone / "calls").exists()


def test_in_ci_sources_are_always_looked_at(clone: Path) -> None:
    node(clone)
    assert page(clone, "test", CI="true").returncode == 0
    assert calls(clone)[-1].endswith("test") or "test" in (clone / "dashboard/calls").read_text()
    put(clone.parent / "bin", "npm", "exit 1")
    shutil.rmtree(clone / "dashboard/node_modules")
    assert page(clone, "test", CI="true").returncode != 0
