"""An office for other machines, such as one in a container, has its configured port or none."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from damascus.office.__main__ import KEEP_ALIVE_SECONDS
from tests.fixtures.company import wait_for

ROOT = Path(__file__).parents[3]


def serve(folder: Path, port: int) -> subprocess.Popen[str]:
    shutil.copy(ROOT / "config.yaml", folder)
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OFFICE_HOST": "0.0.0.0", "OFFICE_PORT": str(port),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "damascus.office"], cwd=folder, env=env, stderr=subprocess.PIPE, text=True
    )


def test_a_taken_port_is_an_error_since_who_comes_from_elsewhere_would_not_find_another(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        office = serve(tmp_path, port)
        said = office.communicate(timeout=60)[1]
    assert office.returncode == 2
    assert f"cannot listen on 0.0.0.0:{port}" in said


def test_the_port_of_an_earlier_life_does_not_go_before_the_configured_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = tmp_path / ".damascus"
    home.mkdir()
    (home / "office.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": 1}))
    office = serve(tmp_path, port)
    try:
        wait_for(lambda: office.poll() is not None or str(port) in (home / "office.json").read_text(), "its address")
        assert json.loads((home / "office.json").read_text())["url"] == f"http://127.0.0.1:{port}"
    finally:
        office.terminate()
        office.communicate(timeout=60)


def test_an_idle_connection_is_closed_by_the_client_and_not_by_the_office() -> None:
    """Who closes first decides: a request that crosses the office's closing would end in an error of the connection."""
    kept_by_clients = httpx.Limits().keepalive_expiry
    assert kept_by_clients is not None
    assert kept_by_clients * 2 < KEEP_ALIVE_SECONDS
