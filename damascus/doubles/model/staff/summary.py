"""Sums up an agent's steps, as a cheap model would: which tools were used, and what the last call gave."""

import re
from collections import Counter
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedAnswer

ROLE = "summary"
_STEP = re.compile(r"^> \d+ (\w+) .*-> (.*)$", re.MULTILINE)


def sum_up(messages: list[dict[str, Any]]) -> ScriptedAnswer:
    """Return a summary of the steps that a request shows."""
    steps = _STEP.findall(str(messages[-1].get("content") or ""))
    if not steps:
        return ScriptedAnswer("Nothing was done yet.")
    used = ", ".join(f"{tool} {count} times" for tool, count in Counter(tool for tool, _ in steps).items())
    return ScriptedAnswer(f"You used {used}. The last call, {steps[-1][0]}, gave: {steps[-1][1][:200]}")
