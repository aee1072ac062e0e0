"""A playbook as a door: one that makes a valid plan for any directive, or one line that names the file."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.errors import Misconfigured
from damascus.staff.playbooks import load_playbook
from tests.fixtures.fuzz import ODD_TEXT, door, is_one_line, spoilt

DIRECTIVE = (st.text(max_size=300) | ODD_TEXT).filter(
    lambda text: text.strip() and not {"\0", "\udcff"} & set(text)
)  # else it is refused
SHIPPED = yaml.safe_load((Path(__file__).parents[3] / "playbooks" / "startup.yaml").read_text())


def load(folder: Path, data: bytes, directive: str) -> None:
    name = f"p{uuid4().hex[:8]}"  # a file of its own: what was read is kept as long as the file does not change
    path = folder / f"{name}.yaml"
    path.write_bytes(data)
    try:
        playbook = load_playbook(folder, name)
    except Misconfigured as error:
        assert is_one_line(str(error)), repr(str(error))
        assert str(error).startswith(str(path))
    else:
        assert len(playbook.plan(directive).tasks) == len(list(playbook.tasks()))
        assert playbook.outline(directive)
    finally:
        path.unlink()


@door(5)
@given(spoilt(SHIPPED), DIRECTIVE)
def test_a_spoilt_playbook_is_refused_in_one_line_or_plans(tmp_path: Path, data: Any, directive: str) -> None:
    load(tmp_path, yaml.safe_dump(data).encode(errors="replace"), directive)


@door()
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_as_playbook_are_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    load(tmp_path, data, "Build something")


@door(5)
@given(DIRECTIVE)
def test_the_shipped_playbook_plans_for_any_directive(tmp_path: Path, directive: str) -> None:
    load(tmp_path, yaml.safe_dump(SHIPPED).encode(), directive)
