"""The review of a colleague's work: it is read or tried, and what is quoted is really there."""

import re
from collections.abc import Iterator
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.vp import TEST_COMMAND

_LINE = re.compile(r"^> (\d+)\. (.*)$", re.MULTILINE)
_WHAT = re.compile(r"the (report|code|note) `([^`]+)`")
_NUMBERED = re.compile(r"^ *\d+\t", re.MULTILINE)
_SAYS = re.compile(r"says “([^”]+)”")
_WORD = re.compile(r"[a-zA-Z]{3,}")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
MIN_QUOTE_CHARS, MAX_QUOTE_CHARS = 15, 300


def review(view: StaffView) -> Iterator[StaffStep]:
    """Read the report, or run the tests and read the README; then say of each line what was seen."""
    found = _WHAT.search(view.task.description)
    kind, name = found.groups() if found else ("report", "")
    calls = [ScriptedCall("read_report", {"path": name})]
    if kind == "code":
        readme = ScriptedCall("read_file", {"path": "README.md"})
        calls = [ScriptedCall("run_command", {"command": TEST_COMMAND}), readme]
    yield StaffStep("I look at it myself.", tuple(calls))
    seen = "\n".join(_FRONT_MATTER.sub("", _NUMBERED.sub("", past.result)) for past in view.history.done if past.ok)
    lines = [_verdict(int(n), text, seen) for n, text in _LINE.findall(view.task.description)]
    yield StaffStep("That is what I found.", (ScriptedCall("submit_review", {"lines": lines}),))


def _verdict(number: int, line: str, seen: str) -> dict[str, Any]:
    """Judge a line by words: by those that it wants to be said, else by what of its own words is there."""
    wanted = _SAYS.search(line)
    near = _nearest(wanted.group(1) if wanted else line, seen) or (_nearest("", seen) if wanted else "")
    if not near:
        return {"line": number, "verdict": "cannot_tell", "why": "(rehearsal) nothing in it is about this"}
    if wanted and wanted.group(1).lower() not in seen.lower():
        why = f"(rehearsal) it does not say “{wanted.group(1)}”; this is the nearest that it says"
        return {"line": number, "verdict": "does_not_hold", "quote": near, "why": why}
    return {"line": number, "verdict": "holds", "quote": near, "why": "(rehearsal) judged by its words"}


def _nearest(text: str, seen: str) -> str:
    """Return the line that shares most words with a text, cut at the end of a word; nothing if none shares any.

    Of an empty text it is the first line.
    """
    wanted = _stems(text)
    lines = [line.strip() for line in seen.splitlines() if not line.startswith((">", "#"))]
    fitting = [line for line in lines if len(line) >= MIN_QUOTE_CHARS and (wanted & _stems(line) or not text)]
    best = max(fitting, key=lambda line: len(wanted & _stems(line)), default="")
    return best if len(best) <= MAX_QUOTE_CHARS else best[:MAX_QUOTE_CHARS].rpartition(" ")[0]


def _stems(text: str) -> set[str]:
    return {word.lower()[:5] for word in _WORD.findall(text)}
