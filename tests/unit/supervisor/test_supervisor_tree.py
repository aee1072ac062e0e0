"""A company that cannot start: one reason on the last line, the right exit code, and nothing of it left running."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from damascus.supervisor.state import is_locked
from tests.fixtures.processes import folder_of

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A company's folder, and persona files for just those whom the playbook `report` needs: fewer have to start."""
    for part in ("config.yaml", "redis.conf"):
        shutil.copy(ROOT / part, tmp_path / part)
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    (tmp_path / "personas").mkdir()
    for role in ("vp", "pm"):
        shutil.copy(ROOT / "agents" / "personas" / f"{role}.md", tmp_path / "personas")
    return tmp_path


def supervise(root: Path, **env: str) -> tuple[int, str]:
    """Exit code and last line of a supervisor that ends by itself."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LLM_", "REDIS_", "LEDGER_"))}
    settings = {"OFFICE_PORT": "0", "PLAYBOOK": "report", **env}
    done = subprocess.run(
        [sys.executable, "-m", "damascus.supervisor", "--personas", str(root / "personas")],
        cwd=root, env={**clean, **settings}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.splitlines()[-1]


def left_running(root: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        place = folder_of(process)
        if place and Path(place).is_relative_to(root):
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def nothing_is_left(root: Path) -> bool:
    home = root / ".damascus"
    return not left_running(root) and not is_locked(home) and not (home / "company.json").exists()


def test_a_playbook_that_names_an_unknown_role_starts_nothing_at_all(root: Path) -> None:
    code, line = supervise(root, PLAYBOOK="startup")
    assert code == 2
    assert "there is no persona for the role 'sales'" in line
    assert not (root / ".damascus" / "logs").exists()


def test_a_persona_that_its_agent_refuses_is_exit_2_with_the_agent_s_own_reason(root: Path) -> None:
    text = (ROOT / "agents" / "personas" / "sales.md").read_text()
    (root / "personas" / "zz_lawyer.md").write_text(text.replace("role: sales", "role: lawyer"))
    code, line = supervise(root)
    # the agents read the personas that come with them, so a role that only this folder has is unknown to its agent
    assert code == 2
    assert "there is no persona for the role 'lawyer'" in line
    assert nothing_is_left(root)


def test_a_broken_persona_is_exit_2_with_its_name_and_starts_nothing_at_all(root: Path) -> None:
    (root / "personas" / "zz_lawyer.md").write_text("---\nname: X\nrole: lawyer\n---\nPrompt\n")
    code, line = supervise(root)
    assert code == 2
    assert "zz_lawyer.md: title: " in line
    assert not (root / ".damascus" / "logs").exists()


def test_a_ledger_whose_place_is_wrong_stops_the_start_with_its_reason(root: Path) -> None:
    code, line = supervise(root, LEDGER_URL=f"sqlite:///{root}/config.yaml/ledger.sqlite3")
    assert code == 2
    assert "config.yaml" in line
    assert nothing_is_left(root)


def test_a_ledger_that_does_not_answer_stops_the_start_with_its_reason(root: Path) -> None:
    code, line = supervise(root, LEDGER_URL="postgresql+asyncpg://nobody@127.0.0.1:9/none")
    assert code == 1
    assert line.startswith("office does not start: ")
    assert nothing_is_left(root)


def test_a_redis_that_does_not_start_stops_the_start_with_its_reason(root: Path) -> None:
    (root / "redis.conf").write_text("no-such-setting yes\n")
    code, line = supervise(root)
    assert code == 1
    assert line.startswith("redis does not start: ")
    assert nothing_is_left(root)
