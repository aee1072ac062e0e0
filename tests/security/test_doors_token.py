"""The office's token: whoever does not know it stays outside, whatever lies in its place."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from damascus.core.errors import Misconfigured
from damascus.core.settings import load
from damascus.office.auth import read_or_make_token
from tests.fixtures.company import environment, wait_for, write_files


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def office(folder: Path, **env: str) -> subprocess.Popen[str]:
    write_files(folder)
    return subprocess.Popen(
        [sys.executable, "-m", "damascus.office"], cwd=folder, stderr=subprocess.PIPE, text=True,
        env={**environment(REDIS_URL="redis://127.0.0.1:1/0", **env), "PYTHONPATH": os.getcwd()},
    )  # fmt: skip


@pytest.mark.attack("an empty or blank token", "what is missing never opens a door")
@pytest.mark.parametrize(("content", "variable"), [("", ""), ("\n", ""), (" \t", ""), ("good", "   ")])
def test_an_office_whose_token_is_blank_does_not_open(tmp_path: Path, port: int, content: str, variable: str) -> None:
    """Class: what is missing never opens a door. A power cut, or a hand, leaves an empty token file."""
    (tmp_path / ".damascus").mkdir()
    (tmp_path / ".damascus/token").write_text(content)
    running = office(tmp_path, OFFICE_PORT=str(port), OFFICE_TOKEN=variable)
    url = f"http://127.0.0.1:{port}/api/missions"

    def asked() -> list[int]:
        sent = ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"Authorization": "good"})
        return [httpx.get(url, headers=headers, trust_env=False).status_code for headers in sent]

    def answered() -> object:
        try:
            return running.poll() is not None or asked()
        except httpx.TransportError:
            return None

    try:
        outcome = wait_for(answered, "the office to open or to refuse")
        if content == "good":  # a variable of blanks is one that is not set: the file's token counts
            assert outcome == [401] * 4
            return
        assert outcome is True, f"it opened and answered {outcome}"
        assert running.returncode == 2
        assert running.stderr is not None
        assert "blank" in running.stderr.read()
    finally:
        running.kill()
        running.communicate(timeout=60)


@pytest.mark.attack("two offices make the token at once", "what is missing never opens a door")
def test_a_token_is_whole_from_its_first_moment_and_for_its_owner_only(tmp_path: Path) -> None:
    """Class: what is missing never opens a door. Nobody finds half a token; a second maker takes the first one's."""
    settings = load(tmp_path, {})
    token = read_or_make_token(settings)
    file = tmp_path / ".damascus/token"
    assert len(token) >= 40
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_or_make_token(settings) == token
    assert os.listdir(file.parent) == ["token"]
    file.write_bytes(b"\xff")
    with pytest.raises(Misconfigured, match="remove it"):
        read_or_make_token(settings)
