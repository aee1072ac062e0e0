"""The reference says what the code says: generated blocks are fresh, and what people wrote there holds."""

import re
from pathlib import Path

import pytest

from damascus.bus.keys import Keys
from damascus.core.records.roles import PLANNER
from damascus.staff.personas import load_personas
from damascus.staff.playbooks import load_playbook
from damascus.tools.registry import TOOLS
from scripts.reference.blocks import BLOCK, BLOCKS, FOLDER, refresh

PAGES = sorted(FOLDER.glob("*.md"))


def example(page: str, language: str) -> str:
    """The one block of code in this language on a page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", (FOLDER / page).read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert refresh(text) == text, f"{page.name} is not what the code says: run `make reference`"


def test_every_block_stands_on_one_page() -> None:
    assert sorted(name for page in PAGES for name in BLOCK.findall(page.read_text())) == sorted(BLOCKS)


def test_what_is_not_fresh_is_found_and_made_so() -> None:
    stale = "before\n<!-- generated: secrets-in-files -->\nold\n<!-- end -->\nafter\n"
    assert "old" not in refresh(stale)
    assert "`LLM_API_KEY_FILE`" in refresh(stale)
    assert refresh(refresh(stale)) == refresh(stale)
    assert refresh(stale).startswith("before\n")
    assert refresh(stale).endswith("\nafter\n")


def test_the_example_of_a_playbook_loads(tmp_path: Path) -> None:
    (tmp_path / "review.yaml").write_text(example("playbooks.md", "yaml"))
    plan = load_playbook(tmp_path, "review").plan("Look at our app for invoices")
    assert [task.key for task in plan.tasks] == ["market", "advice"]
    assert plan.tasks[1].title == "What to do next with look-app-invoices"


def test_the_example_of_a_persona_loads(tmp_path: Path) -> None:
    (tmp_path / "writer.md").write_text(example("personas.md", "markdown"))
    persona = load_personas(tmp_path)["writer"]
    assert set(persona.tools) <= {tool.name for tool in TOOLS}


def test_every_channel_is_described() -> None:
    keys, text = Keys(), (FOLDER / "messages-and-channels.md").read_text()
    names = [keys.channel("ceo"), keys.channel(PLANNER), keys.channel("ROLE"), keys.status, keys.system, keys.changes]
    rows = set(re.findall(r"^\| `([\w:]+)`", text, re.MULTILINE))
    assert {*names, keys.live("TASK")} <= rows
