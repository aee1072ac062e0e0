"""`make setup` on machines as people have them: the first Python that will do, or one line of what to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.programs import put

ROOT = Path(__file__).parents[3]
TOOLS = ("bash", "env", "sed", "sort", "head", "cut", "dirname", "rm", "touch", "mkdir", "cat", "chmod", "git")
ADVICE = "install Python 3.11 or newer with venv"
GOOD_UV = 'echo "$@" >>calls; case "$1" in --version) echo uv 0.9.1;; venv) mkdir -p .venv/bin; ' \
    'printf "#!/bin/sh\\n" >.venv/bin/python; chmod +x .venv/bin/python;; esac'  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without any environment, and beside it `bin`: all that is on the PATH."""
    root = tmp_path / "a clone"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", root / "scripts")
    shutil.copy(ROOT / "requirements.lock", root)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return root


def setup(clone: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [clone / "scripts" / "setup"], env={"PATH": str(clone.parent / "bin"), "HOME": str(clone), **env},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def python(clone: Path, name: str, version: str = "3.12", sqlite: str = "3.45.0", venv: bool = True) -> Path:
    """A Python that says it is of this version, with this SQLite, and with or without venv."""
    return put(
        clone.parent / "bin",
        name,
        f'case "$2" in *version_info*) echo {version} {sqlite};; *ensurepip*) exit {0 if venv else 1};; esac',
    )


def refused(clone: Path, **env: str) -> str:
    done = setup(clone, **env)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert ADVICE in done.stderr
    assert not (clone / ".venv").exists()
    return done.stderr


def calls(clone: Path) -> list[str]:
    return (clone / "calls").read_text().splitlines()


def test_no_python_is_said(clone: Path) -> None:
    assert "make: there is no python3 on the PATH" in refused(clone)


@pytest.mark.parametrize("version", ["1.8.3.1", "2.20.1", "2.31.9 (Apple Git-130)"])
def test_an_old_git_is_said_before_anything_is_installed(clone: Path, version: str) -> None:
    python(clone, "python3")
    (clone.parent / "bin" / "git").unlink()
    for script, words in (
        (f"echo git version {version!r}", f"is git version {version}; install git 2.32"),
        ("exit 1", "no git"),
    ):
        put(clone.parent / "bin", "git", script)
        done = setup(clone)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
        assert not (clone / ".uv").exists()


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.10"])
def test_an_old_python_alone_is_said(clone: Path, version: str) -> None:
    python(clone, "python3", version)
    assert f"make: python3 is Python {version}; " in refused(clone)


def test_an_old_sqlite_and_none_are_said(clone: Path) -> None:
    python(clone, "python3", sqlite="3.34.1")
    assert "the SQLite of python3 is 3.34.1, 3.35 is needed" in refused(clone)
    python(clone, "python3", sqlite="")
    assert "python3 was built without SQLite, SSL or ctypes" in refused(clone)


def test_a_python_without_venv_is_said_where_uv_must_be_installed(clone: Path) -> None:
    python(clone, "python3", venv=False)
    assert "make: python3 has no venv" in refused(clone)
    put(clone.parent / "bin", "uv", GOOD_UV)
    assert setup(clone).returncode == 0


def test_a_python_that_does_not_run_is_said(clone: Path) -> None:
    put(clone.parent / "bin", "python3", "exit 127")
    assert "make: python3 does not run" in refused(clone)


def test_a_newer_python_behind_an_old_one_is_taken(clone: Path) -> None:
    python(clone, "python3", "3.8")
    python(clone, "python3.13", "3.13", sqlite="3.31.1")
    python(clone, "python3.12", "3.12")
    put(clone.parent / "bin", "uv", GOOD_UV)
    done = setup(clone)
    assert done.returncode == 0, done.stderr
    assert "venv --quiet --python python3.12 .venv" in calls(clone)
    assert (clone / ".venv" / ".ready").exists()


def test_the_python_that_is_named_is_taken_or_refused_and_never_another(clone: Path) -> None:
    python(clone, "python3", "3.13")
    named = python(clone, "mine", "3.11")
    put(clone.parent / "bin", "uv", GOOD_UV)
    assert setup(clone, PYTHON=str(named)).returncode == 0
    assert f"venv --quiet --python {named} .venv" in calls(clone)
    shutil.rmtree(clone / ".venv")
    python(clone, "mine", "3.9")
    assert f"make: {named} is Python 3.9" in refused(clone, PYTHON=str(named))


def test_uv_may_find_a_python_where_the_path_has_none(clone: Path) -> None:
    put(clone.parent / "bin", "uv", GOOD_UV)
    assert setup(clone).returncode == 0
    assert "venv --quiet --python >=3.11 .venv" in calls(clone)
    shutil.rmtree(clone / ".venv")
    put(
        clone.parent / "bin",
        "uv",
        '[ "$1" = --version ] && echo uv 0.9.1 && exit\necho many >&2; echo lines >&2; exit 1',
    )
    assert "there is no python3 on the PATH, and uv finds no other" in refused(clone)


def test_a_uv_that_is_too_old_is_passed_over_for_an_own_one(clone: Path) -> None:
    put(clone.parent / "bin", "uv", 'echo "$@" >>calls; [ "$1" = --version ] && echo uv 0.1.45')
    put(clone / ".uv" / "bin", "uv", GOOD_UV)
    python(clone, "python3")
    assert setup(clone).returncode == 0
    assert [call.split()[0] for call in calls(clone)] == ["--version", "venv", "pip", "pip"]


def test_an_environment_whose_python_is_gone_is_made_anew_and_one_that_works_is_kept(clone: Path) -> None:
    put(clone.parent / "bin", "uv", GOOD_UV)
    python(clone, "python3")
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert setup(clone).returncode == 0
    assert setup(clone).returncode == 0
    assert [call for call in calls(clone) if call.startswith("venv")] == ["venv --quiet --python python3 .venv"]


def test_this_python_will_do(clone: Path) -> None:
    put(clone.parent / "bin", "uv", GOOD_UV)
    assert (
        setup(clone, PYTHON=sys.executable, PATH=f"{clone.parent / 'bin'}{os.pathsep}{os.environ['PATH']}").returncode
        == 0
    )
    assert f"venv --quiet --python {sys.executable} .venv" in calls(clone)
