"""A company of its own for a measurement: in a folder of its own, on ports of its own, gone afterwards."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[1]
CEO = [sys.executable, str(ROOT / "ceo_cli.py")]


@dataclass(frozen=True, slots=True)
class Company:
    """Where it is and how to speak to it."""

    root: Path
    env: dict[str, str]
    model_url: str

    def ceo(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*CEO, *args], cwd=self.root, env=self.env, capture_output=True, text=True, check=True)

    def client(self) -> httpx.Client:
        office = json.loads((self.root / ".damascus/office.json").read_text())
        token = (self.root / ".damascus/token").read_text().strip()
        return httpx.Client(base_url=office["url"], headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def staff(self) -> list[psutil.Process]:
        """Our own processes: agents and office, without Redis and the model."""
        mine = []
        for process in psutil.process_iter(["cmdline", "cwd"]):
            line = " ".join(process.info["cmdline"] or [])
            ours = "agents.main" in line or "damascus.office" in line
            if ours and process.info["cwd"] == str(self.root):
                mine.append(process)
        return mine


@contextmanager
def folder() -> Iterator[Path]:
    """A folder with the project's data files, for a company that is started in it."""
    with tempfile.TemporaryDirectory(prefix="damascus-bench-") as name:
        root = Path(name).resolve()
        for part in ("config.yaml", "redis.conf", "playbooks"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, root / part)
        yield root


def environment(**extra: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LLM_", "DAMASCUS_", "REDIS_"))}
    return {**clean, "OFFICE_PORT": "0", "BUDGET_DAY": "1000", "BUDGET_COMPANY": "1000", **extra}


@contextmanager
def model(latency: float) -> Iterator[str]:
    """A rehearsal model that plays the reference workflow; its URL."""
    with tempfile.TemporaryDirectory() as name:
        port_file = Path(name) / "port"
        command = [sys.executable, "-m", "damascus.doubles.model", "--port", "0", "--port-file", str(port_file)]
        server = subprocess.Popen([*command, "--scenario", "reference", "--latency", str(latency)], cwd=ROOT)
        try:
            while not port_file.exists() or not port_file.read_text().strip():
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port_file.read_text().strip()}/v1"
        finally:
            server.terminate()
            server.wait()


@contextmanager
def running(latency: float) -> Iterator[Company]:
    """A company at work on the reference workflow."""
    with folder() as root, model(latency) as url:
        company = Company(root, environment(LLM_BASE_URL=url, LLM_MODEL="rehearsal", LLM_API_KEY="none"), url)
        company.ceo("up", "--detach")
        try:
            yield company
        finally:
            company.ceo("down")
