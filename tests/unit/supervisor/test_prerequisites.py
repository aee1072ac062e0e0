"""A start on a machine that lacks something ends in one line before any process is started."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from damascus.core.settings import ForgeSettings, LedgerSettings, RedisSettings, Settings
from damascus.supervisor.prerequisites import check_machine
from tests.fixtures.company import founded
from tests.fixtures.programs import old_git, old_sqlite, path_with, put
from tests.fixtures.redis_replies import redis_that_says, telling

OLD_REDIS = "echo 'Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=a3fdef44459b3ad6'"


def machine(folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """What `make machine` runs, in an empty company's folder."""
    return subprocess.run(
        [sys.executable, "-m", "damascus.supervisor.prerequisites"], cwd=folder, capture_output=True, text=True,
        env={**os.environ, **env}, check=False,
    )  # fmt: skip


def test_a_machine_that_has_all_is_told_nothing(tmp_path: Path) -> None:
    done = machine(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_old_git_and_an_old_sqlite_are_each_one_line(tmp_path: Path) -> None:
    git = machine(tmp_path, PATH=path_with(old_git(tmp_path / "bin").parent))
    sqlite = machine(tmp_path, PYTHONPATH=old_sqlite(tmp_path / "python"))
    for done, words in ((git, "git is too old (git version 2.20.1)"), (sqlite, "SQLite 3.31.1")):
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_an_old_redis_is_passed_over_for_the_one_that_comes_along(tmp_path: Path) -> None:
    done = machine(tmp_path, PATH=path_with(put(tmp_path / "bin", "redis-server", OLD_REDIS).parent))
    assert done.returncode == 0
    assert "redis-server is older than version 7.0" in done.stderr


def test_only_what_is_used_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {
        "ledger": LedgerSettings(url="postgresql://u@db.internal/ledger"),
        "redis": RedisSettings(url="redis://redis.internal"),
    }
    monkeypatch.setattr("sqlite3.sqlite_version", "3.31.1")
    check_machine(Settings(**elsewhere))
    with pytest.raises(Exception, match=r"SQLite 3\.31\.1"):
        check_machine(Settings(redis=elsewhere["redis"]))
    without_http = old_git(tmp_path / "no-http", "2.99.0", "--exec-path")
    monkeypatch.setenv("PATH", path_with(without_http.parent))
    check_machine(Settings(**elsewhere))
    with pytest.raises(Exception, match="exec-path failed"):
        check_machine(Settings(**elsewhere, forge=ForgeSettings(kind="gitea", url="http://127.0.0.1:1")))


@pytest.mark.parametrize("command", [("up", "--detach"), ("run", "Find a SaaS")])
def test_ceo_starts_nothing_on_an_old_git_and_says_so_in_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    with founded(tmp_path / "company") as company:
        path = path_with(old_git(tmp_path / "bin").parent)
        done = company.ceo(*command, PATH=path)
        assert done.returncode == 2, done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith(f"ceo: {tmp_path / 'bin' / 'git'} is too old")
        assert "git 2.32 or newer" in done.stderr
        assert company.processes() == []
        assert not (company.root / ".damascus" / "logs" / "office.log").exists()


def test_the_doctor_says_the_same_as_the_start(tmp_path: Path) -> None:
    with founded(tmp_path / "company") as company:
        old = {"PATH": path_with(old_git(tmp_path / "bin").parent), "PYTHONPATH": old_sqlite(tmp_path / "python")}
        found = {part["name"]: part for part in json.loads(company.ceo("doctor", "--json", **old).stdout)}
    assert not found["forge"]["ok"]
    assert "git is too old (git version 2.20.1)" in found["forge"]["detail"]
    assert not found["ledger"]["ok"]
    assert "SQLite 3.31.1" in found["ledger"]["detail"]


async def test_an_old_redis_by_address_is_one_line_from_start_and_doctor(tmp_path: Path) -> None:
    async with redis_that_says(telling("redis_version:5.0.14\r\n")) as url:
        with founded(tmp_path / "company", env={"REDIS_URL": url}) as company:
            up = await asyncio.to_thread(company.ceo, "up", "--detach")
            doctor = await asyncio.to_thread(company.ceo, "doctor", "--json")
            assert company.processes() == []
    assert up.returncode == 2
    line = up.stderr.strip().splitlines()[-1]
    assert line.startswith("ceo: ")
    assert "is too old (5.0.14): update it to 6.2 or newer" in line
    (found,) = (part for part in json.loads(doctor.stdout) if part["name"] == "redis")
    assert not found["ok"]
    assert "is too old (5.0.14)" in found["detail"]
