"""The page's office draws a tool by what it may do at worst: its lists must be the program's."""

import re
from pathlib import Path

from damascus.tools.registry import TOOLS
from damascus.tools.tool import Danger

LISTS = Path(__file__).parents[3] / "dashboard/src/features/office/tools.ts"
DRAWN = {"book": Danger.READ, "prompt": Danger.EXECUTE, "parcel": Danger.PUBLISH}
LETTERS = {"send_message", "ask", "delegate"}


def test_each_tool_is_drawn_by_its_danger() -> None:
    lists = {
        name: set(re.findall(r'"(\w+)"', tools))
        for name, tools in re.findall(r"  (\w+): \[(.*?)\]", LISTS.read_text(), re.S)
    }
    for name, danger in DRAWN.items():
        assert lists.pop(name) == {tool.name for tool in TOOLS if tool.danger is danger}
    assert lists == {"letter": LETTERS}
    assert {tool.name for tool in TOOLS} > LETTERS
