"""config.yaml as a door: whatever stands in it, the company has settings it can live with, or one line says why not."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from damascus.bus.streams import Bus
from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured
from damascus.core.money import to_microusd
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from tests.fixtures.fuzz import ODD_TEXT, door, is_one_line, spoilt

SHIPPED = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text())
NAMES = sorted(set(re.findall(r"\$\{([A-Z_]+)", yaml.safe_dump(SHIPPED)))) + [
    f"{n}_FILE" for n in settings.SECRETS_IN_FILES
]
VALUE = st.text(max_size=40) | ODD_TEXT | st.sampled_from(
    ["http://[", "http://a b/v1", "redis://:p@[", "redis://h:99999", "sqlite:///", "postgresql://u:p@h:x/d", "x://",
     "gitea", "/dev/null/x", ".", "http://\xe9", "caf\xe9"]
)  # fmt: skip


def dotenv(variables: dict[str, str]) -> bytes:
    return "".join(f"{name}={value}\n" for name, value in variables.items()).encode(errors="surrogateescape")


async def build(read: settings.Settings) -> None:
    """What is built from them at the start, which says at once what is wrong with an address."""
    try:
        bus = Bus(read.redis.url or "redis://h", read.redis.channels.prefix, read.redis.maxlen, SystemClock())
        await bus.close()
        client = ModelClient(read.model, read.model.base_url, SystemClock(), read.models)
        await client.warm()
        await client.close()
        await Ledger(read.ledger_url).close()
    except Misconfigured as error:
        assert is_one_line(str(error)), repr(str(error))


def load(folder: Path, environment: dict[str, str]) -> settings.Settings | None:
    """Settings that hold together, or None for those that are refused in one line that names the file."""
    try:
        read = settings.load(folder, environment)
    except Misconfigured as error:
        assert is_one_line(str(error)), repr(str(error))
        assert str(folder) in str(error) or "_FILE is" in str(error)
        return None
    # what the company does with them at its start
    limits = read.limits
    for seconds in (limits.lease, limits.resend_after, limits.service_wait, 2 * read.model.timeout):
        assert timedelta(seconds=seconds) >= timedelta(0)
    assert all(to_microusd(usd) >= 0 for usd in (read.budget.mission, read.budget.day, read.budget.company))
    assert read.home
    read.secrets()
    return read


@door(5)
@given(spoilt(SHIPPED))
def test_a_spoilt_config_is_refused_in_one_line_or_usable(tmp_path: Path, data: Any) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(data))
    load(tmp_path, {})


@door()
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_as_config_are_refused_in_one_line_or_usable(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.yaml").write_bytes(data)
    load(tmp_path, {})


@door(5)
@given(st.dictionaries(st.sampled_from(NAMES), VALUE, max_size=6))
@example({"LLM_API_KEY": "caf\xe9", "LLM_MODEL": "m"})
@example({"OFFICE_TOKEN": "a\nb"})
@example({"LEDGER_URL": "\udcff"})
@example({"LEDGER_URL": "a://["})
@example({"LLM_API_KEY_FILE": "a\0b"})
@example({"LLM_API_KEY_FILE": "a\tb"})
@example({"LLM_API_KEY_FILE": "a\nb"})
async def test_any_environment_is_refused_in_one_line_or_the_company_can_be_built(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SHIPPED))
    read = load(tmp_path, environment)
    if read is not None:
        await build(read)


@door(5)
@given(st.binary(max_size=80) | st.dictionaries(st.sampled_from(NAMES), VALUE).map(dotenv))
@example(b"OFFICE_TOKEN=\xff")
def test_any_bytes_as_dotenv_are_refused_in_one_line_or_usable(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SHIPPED))
    (tmp_path / ".env").write_bytes(data)
    load(tmp_path, {})


@pytest.mark.parametrize(
    "text",
    ["a: !!bool x", "a: !!timestamp x", "a: 2026-02-30", 'a: !!int ""', "budget: &a {day: *a}", "company: &a [*a]",
     'company: {home: "a\\0b"}', 'company: {name: "\\ud800"}', f"a: {'[' * 3_000}", "budget: {1: 2}", "? [a]\n: b"],
)  # fmt: skip
def test_what_yaml_can_mean_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert load(tmp_path, {}) is None
