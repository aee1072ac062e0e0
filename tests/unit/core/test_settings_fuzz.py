"""config.yaml as a door: whatever stands in it, the company has settings it can live with, or one line says why not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from damascus.core import settings
from damascus.core.errors import Misconfigured
from damascus.work.budget import micro
from tests.fixtures.fuzz import ODD_TEXT, door, is_one_line, spoilt

SHIPPED = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text())
NAMES = ("LLM_BASE_URL", "LLM_MODEL", "LLM_TIMEOUT", "BUDGET_DAY", "REDIS_URL", "LEDGER_URL", "OFFICE_PORT", "PLAYBOOK")


def load(folder: Path, environment: dict[str, str]) -> None:
    """Settings that hold together, or one line that names the file."""
    try:
        read = settings.load(folder, environment)
    except Misconfigured as error:
        assert is_one_line(str(error)), repr(str(error))
        assert str(error).startswith(str(folder / "config.yaml"))
        return
    # what the company does with them at its start
    limits = read.limits
    for seconds in (limits.lease, limits.resend_after, limits.model_patience, 2 * read.model.timeout):
        assert timedelta(seconds=seconds) >= timedelta(0)
    assert all(micro(usd) >= 0 for usd in (read.budget.mission, read.budget.day, read.budget.company))
    assert read.home
    read.secrets()


@door()
@given(spoilt(SHIPPED))
def test_a_spoilt_config_is_refused_in_one_line_or_usable(tmp_path: Path, data: Any) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(data))
    load(tmp_path, {})


@door()
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_as_config_are_refused_in_one_line_or_usable(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.yaml").write_bytes(data)
    load(tmp_path, {})


@door()
@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40) | ODD_TEXT))
def test_any_environment_is_refused_in_one_line_or_usable(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SHIPPED))
    load(tmp_path, environment)
