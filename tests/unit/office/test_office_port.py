"""An office for other machines, such as one in a container, has its configured port or none."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from damascus.office.__main__ import KEEP_ALIVE_SECONDS
from tests.fixtures.company import wait_for

ROOT = Path(__file__).parents[3]


def serve(folder: Path, port: int, host: str = "0.0.0.0") -> subprocess.Popen[str]:
    shutil.copy(ROOT / "config.yaml", folder)
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OFFICE_HOST": host, "OFFICE_PORT": str(port),
        "REDIS_URL": "redis://127.0.0.1:1/0", "OFFICE_PLAIN_HTTP": "true",
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


@pytest.mark.parametrize(
    ("host", "reach", "through"),
    [("::1", "[::1]", "[::1]"), ("::", "[::1]", "127.0.0.1"), ("localhost", "", "localhost"), ("", "", "127.0.0.1")],
)
def test_an_office_listens_on_ipv6_too_and_says_where(tmp_path: Path, host: str, reach: str, through: str) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
        port = free.getsockname()[1]
    office = serve(tmp_path, port, host)
    try:
        file = tmp_path / ".damascus" / "office.json"
        wait_for(lambda: office.poll() is not None or file.exists(), "its address")
        url = json.loads(file.read_text())["url"]
        assert not reach or url == f"http://{reach}:{port}"
        wait_for(lambda: httpx.get(f"{url}/api/health", trust_env=False).status_code == 200, "an answer")
        there = f"http://{through}:{url.rpartition(':')[2]}/api/health"
        assert httpx.get(there, trust_env=False).status_code == 200
    finally:
        office.terminate()
        office.communicate(timeout=60)


def test_an_address_that_this_machine_does_not_have_is_named(tmp_path: Path) -> None:
    office = serve(tmp_path, 1234, "2001:db8::1")
    said = office.communicate(timeout=60)[1]
    assert office.returncode == 2
    assert "cannot listen on [2001:db8::1]:1234 (OFFICE_HOST" in said


def test_a_name_without_an_address_is_named(tmp_path: Path) -> None:
    office = serve(tmp_path, 1234, "no-such-host.invalid")
    said = office.communicate(timeout=60)[1]
    assert office.returncode == 2
    assert "cannot listen on no-such-host.invalid:1234" in said
