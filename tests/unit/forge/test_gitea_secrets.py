"""The token is in the environment of one git and nowhere else: no argument, file, log or message holds it."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import ForgeUnavailable
from damascus.core.records.authors import Author
from damascus.forge import git_command
from damascus.forge.gitea import git_push
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.gitea.git_push import GitPush
from damascus.forge.port import Repository
from tests.fixtures.gitea import Double

JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")


async def ready(folder: Path, gitea: Double) -> tuple[GiteaForge, Repository, str]:
    forge = GiteaForge(folder / "git", folder / "git-dirs", gitea.settings(), SystemClock())
    repository = await forge.create_repository("app", "An app", "mis_1")
    there = await forge.publish(repository)
    await forge.open_workspace(there, folder / "work")
    (folder / "work/a").write_text("a")
    sha = await forge.commit(folder / "work", "Begin", JORDAN)
    await forge.push(folder / "work", there)
    return forge, there, sha or ""


def command_lines() -> list[str]:
    found = []
    for id in os.listdir("/proc"):
        try:
            found.append(Path(f"/proc/{id}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except (OSError, NotADirectoryError):
            continue
    return found


async def test_no_command_line_file_or_log_holds_the_token_during_a_push_or_after(
    tmp_path: Path, gitea: Double, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forge, there, _ = await ready(tmp_path, gitea)
    gitea.faults({"kind": "slow", "where": "git", "seconds": 1.5, "times": 2})
    pushing = asyncio.create_task(forge.publish(there))
    lines: list[str] = []
    while not pushing.done():
        lines += await asyncio.to_thread(command_lines)
        await asyncio.sleep(0.05)
    await pushing
    assert any("git-remote-http" in line or "remote-http" in line for line in lines), "no push was seen"
    assert not [line for line in lines if gitea.token in line]
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and gitea.token in path.read_text("latin-1")]
    assert holding == []
    assert gitea.token not in caplog.text
    assert gitea.token not in gitea.log


async def test_a_push_that_never_ends_is_ended_with_all_that_it_started(tmp_path: Path, gitea: Double) -> None:
    forge, there, sha = await ready(tmp_path, gitea)
    gitea.faults({"kind": "slow", "where": "git", "seconds": 30, "times": 5})
    with pytest.raises(ForgeUnavailable, match="did not end within 1 s"):
        await asyncio.to_thread(GitPush(forge.bare("app"), forge.settings, "founder/app", sha, seconds=1).run)
    assert pushing_to(gitea) == []
    assert there.remote_id


def pushing_to(gitea: Double) -> list[str]:
    return [line for line in command_lines() if f"{gitea.url}/founder/app.git" in line]


async def test_who_is_cancelled_in_a_push_leaves_no_git_at_work(tmp_path: Path, gitea: Double) -> None:
    forge, there, _ = await ready(tmp_path, gitea)
    gitea.faults({"kind": "slow", "where": "git", "seconds": 30, "times": 5})
    pushing = asyncio.create_task(forge.publish(there))
    async with asyncio.timeout(30):
        while not any("remote-http" in line for line in pushing_to(gitea)):
            await asyncio.sleep(0.05)
    pushing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pushing
    async with asyncio.timeout(60):
        while pushing_to(gitea):
            await asyncio.sleep(0.05)


async def test_a_push_that_was_stopped_starts_no_other_git(
    tmp_path: Path, gitea: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is ended just as it starts may leave behind what it started."""
    forge, _, sha = await ready(tmp_path, gitea)
    started: list[str] = []

    def start_git(bare: Path, command: str, *words: str, **options: Any) -> Any:
        started.append(command)
        return git_command.start_git(bare, command, *words, **options)

    monkeypatch.setattr(git_push, "start_git", start_git)
    gitea.faults({"kind": "slow", "where": "git", "seconds": 30, "times": 5})
    push = GitPush(forge.bare("app"), forge.settings, "founder/app", sha)
    running = asyncio.create_task(asyncio.to_thread(push.run))
    async with asyncio.timeout(60):
        while not any("remote-http" in line for line in pushing_to(gitea)):
            await asyncio.sleep(0.05)
    push.stop()
    with pytest.raises(ForgeUnavailable):
        await running
    assert started == ["push"]


async def test_the_token_goes_to_no_host_that_gitea_leads_to(tmp_path: Path, gitea: Double) -> None:
    """Somebody in between answers with a redirect: neither httpx nor git follows it with the token."""
    asked: list[bytes] = []

    async def lead_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1]
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d%s\r\nContent-Length: 0\r\n\r\n" % (far, path)
        )
        await writer.drain()
        writer.close()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1") as there:
        far = there.sockets[0].getsockname()[1]
        async with await asyncio.start_server(lead_away, "127.0.0.1") as near:
            url = f"http://127.0.0.1:{near.sockets[0].getsockname()[1]}"
            _, repository, sha = await ready(tmp_path, gitea)
            forge = GiteaForge(tmp_path / "git", tmp_path / "git-dirs", gitea.settings(url=url), SystemClock())
            with pytest.raises(ForgeUnavailable, match="redirects to"):
                await forge.publish(repository)
            with pytest.raises(ForgeUnavailable):
                await asyncio.to_thread(GitPush(forge.bare("app"), forge.settings, "founder/app", sha).run)
    assert asked == []
