"""A git that will not do is refused in one line that says which, why, and what to do."""

import shutil
from pathlib import Path

import pytest

from damascus.core.errors import Misconfigured
from damascus.core.minimums import NEEDED
from damascus.forge import git_program
from damascus.forge.git_program import check_git
from tests.fixtures.programs import old_git, path_with, put

REAL = shutil.which("git")


def refused(*, over_http: bool = False) -> str:
    with pytest.raises(Misconfigured) as refusal:
        check_git(over_http=over_http)
    line = str(refusal.value)
    assert "\n" not in line
    assert f"install {'all of ' if 'remote-https' in line else ''}git {NEEDED['git'].version} or newer" in line
    return line


def test_this_machines_own_git_will_do_and_tells_its_version() -> None:
    assert check_git(over_http=True).startswith("git version ")


@pytest.mark.parametrize("version", ["1.8.3.1", "2.20.1", "2.31.8", "2.31.8 (Apple Git-99)"])
def test_an_old_git_is_named_with_its_version_and_the_folder_of_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    git = old_git(tmp_path / "bin", version)
    monkeypatch.setenv("PATH", path_with(git.parent))
    line = refused()
    assert f"{git} is too old (git version {version})" in line
    assert f"or put {Path(REAL or '').parent}, where there is another, first on the PATH" in line


def test_where_there_is_no_other_git_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(old_git(tmp_path / "bin").parent))
    assert "first on the PATH" not in refused()


def test_no_git_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no git on the PATH" in refused()


@pytest.mark.parametrize(
    ("lacks", "where"),
    [("--initial-branch", "init"), ("damascus.seen", "config"), ("--exec-path", "--exec-path")],
)
def test_a_git_whose_version_promises_more_than_it_can_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str, where: str
) -> None:
    git = old_git(tmp_path / "bin", "2.99.0", lacks)
    monkeypatch.setenv("PATH", path_with(git.parent))
    assert f"{git} {where} failed (error: unknown option, usage: git ...)" in refused(over_http=True)


def test_a_git_that_does_not_take_its_configuration_from_the_environment_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(
        tmp_path / "bin",
        "git",
        f'[ "$1" = --version ] && echo "git version 2.99.0" && exit\nunset GIT_CONFIG_COUNT\nexec {REAL} "$@"',
    )
    monkeypatch.setenv("PATH", path_with(tmp_path / "bin"))
    assert "config failed (exit code 1)" in refused()


def test_a_git_without_http_is_refused_only_where_it_must_push(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "bin", "git", f'[ "$1" = --exec-path ] && echo {tmp_path} && exit\nexec {REAL} "$@"')
    monkeypatch.setenv("PATH", path_with(tmp_path / "bin"))
    check_git(over_http=False)
    assert "has no git-remote-https" in refused(over_http=True)


@pytest.mark.parametrize("script", ["exit 0", "echo what is a version", "echo broken >&2; exit 3"])
def test_a_program_that_is_no_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setenv("PATH", path_with(put(tmp_path / "bin", "git", script).parent))
    refused()


def test_a_git_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_program, "GIT_CHECK_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setenv("PATH", path_with(put(tmp_path / "bin", "git", "exec sleep 60").parent))
    assert "did not end within" in refused()


def test_a_git_of_another_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = put(tmp_path / "bin", "git", "")
    program.write_bytes(b"\x7fELF of elsewhere")
    monkeypatch.setenv("PATH", path_with(program.parent))
    assert "cannot be run (Exec format error)" in refused()


def test_the_check_touches_no_repository_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "somebody's"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "nonsense")
    check_git(over_http=False)
    assert not (tmp_path / "somebody's").exists()
