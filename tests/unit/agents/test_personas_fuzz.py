"""A persona as a door: a member of the staff that can work, or one line that names the file."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from damascus.core.errors import Misconfigured
from damascus.staff.personas import load_personas
from tests.fixtures.fuzz import door, is_one_line, spoilt

GOOD = {
    "name": "Ada Low", "title": "Analyst", "role": "analyst", "tier": "cheap", "temperature": 0.2, "max_tokens": 500,
    "tools": ["finish", "blocked"], "voice": "dry",
}  # fmt: skip


def load(folder: Path) -> None:
    try:
        personas = load_personas(folder)
    except Misconfigured as error:
        assert is_one_line(str(error)), repr(str(error))
        assert str(error).startswith(str(folder))
        return
    for role, persona in personas.items():
        assert role == persona.role
        assert is_one_line(f"{persona.author().name} {persona.author().email}")
        assert persona.prompt
        assert persona.max_tokens < 2**31


@door()
@given(spoilt(GOOD), st.text(max_size=60))
@example({**GOOD, "name": "\x1f"}, "x")
@example({**GOOD, "title": "a\x9bb"}, "x")
def test_a_spoilt_front_matter_is_refused_in_one_line_or_usable(tmp_path: Path, data: Any, prompt: str) -> None:
    text = f"---\n{yaml.safe_dump(data)}---\n{prompt}"
    (tmp_path / "analyst.md").write_text(text, errors="replace")
    load(tmp_path)


@door()
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"---\n{text}\n---\nx".encode(errors="replace"))
)
def test_any_bytes_as_persona_are_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "analyst.md").write_bytes(data)
    load(tmp_path)
