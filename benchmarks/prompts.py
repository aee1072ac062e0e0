"""What prompts cost, by part, as they were recorded and as today's code sends them: `python -m benchmarks.prompts`.

The recordings of whole missions on a real model are read from the folder that is given, `recordings` by default; it
says so where there are none. The model's answers are kept as they were: what another prompt would make it say
otherwise is not measured.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.recorded import Replay, Request, calls_in, task_id

LEAST_REPEATED, MOST_OF_INPUT = 0.95, 0.65
CACHED_SHARE = 0.1  # what a repeated character costs at most providers, of a new one's price
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
_SECTIONS = {
    "Directive": "directive", "From the tasks before this one": "results of others", "Trail": "trail",
    "Playbook": "playbook", "Specification": "specification",
}  # fmt: skip
_WRITTEN = {"write_file", "edit_file", "write_report", "submit_plan"}


def parts_of(request: Request) -> Counter[str]:
    """Return the characters of a request by what they are."""
    parts = Counter({"tools": len(dump(request["tools"]))})
    names: dict[str, str] = {}
    for at, message in enumerate(request["messages"]):
        content = message.get("content") or ""
        if message["role"] == "system":
            parts["system"] += len(content)
        elif at == 1:
            parts += sections_of(content)
        elif message["role"] == "assistant":
            parts["answers"] += len(content)
            for call in message.get("tool_calls", ()):
                name, arguments = call["function"]["name"], call["function"]["arguments"]
                names[call["id"]] = name
                parts["written files, reports, plans" if name in _WRITTEN else "other calls"] += len(arguments)
        elif message["role"] == "tool":
            parts += result_of(names.get(message["tool_call_id"], ""), content)
        else:
            parts["notes of the program"] += len(content)
    return parts


def sections_of(content: str) -> Counter[str]:
    pieces = _HEADING.split(content)
    parts = Counter({"task": len(pieces[0])})
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        parts[_SECTIONS.get(heading, "task")] += len(heading) + len(body) + 4
    return parts


def result_of(tool: str, content: str) -> Counter[str]:
    front = content.find("\n---", 4) + 4 if tool == "read_report" and content.startswith("---\n") else 0
    name = {"read_report": "reports read", "run_command": "output of commands"}.get(tool, "other results")
    return Counter({"front matter": front, name: len(content) - front})


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def whole(request: Request) -> str:
    return dump(request["tools"]) + "".join(map(dump, request["messages"]))


class Measured:
    """The characters of a mission's requests, and how many of them repeat the request before of the same task."""

    def __init__(self, requests: Sequence[Request], tasks: Sequence[str]) -> None:
        self.parts: Counter[str] = Counter()
        self.chars = self.later = self.repeated = self.repeatable = 0
        before: dict[str, str] = {}
        for request, task in zip(requests, tasks, strict=True):
            text = whole(request)
            self.parts += parts_of(request)
            self.chars += len(text)
            if task in before:
                self.later += len(text)
                self.repeatable += len(before[task])
                self.repeated += len(os.path.commonprefix([before[task], text]))  # noqa: RUF071 - of characters
            before[task] = text

    def __add__(self, other: "Measured") -> "Measured":
        both = Measured((), ())
        both.parts = self.parts + other.parts
        for name in ("chars", "later", "repeated", "repeatable"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        return both

    @property
    def paid(self) -> float:
        """Return the characters that cost as much as these do where what is repeated is cached."""
        return self.chars - self.repeated * (1 - CACHED_SHARE)


def table(name: str, columns: Sequence[Measured]) -> list[str]:
    """Return the lines of a mission's table: as recorded, today in a company as it was then, and in a whole one."""
    lines = [f"\n{name}: characters by part", row("", "recorded", "today", "with web, memory")]
    before = columns[0]
    for part in sorted({part for one in columns for part in one.parts}, key=lambda one: -before.parts[one]):
        lines.append(row(part, *(f"{one.parts[part]:,}" for one in columns)))
    lines.append(row("all, as JSON", *(f"{one.chars:,}" for one in columns)))
    lines.append(row("input", "", *(f"{one.chars / before.chars - 1:+.1%}" for one in columns[1:])))
    lines.append(row("repeated of the request before", *(f"{one.repeated / one.repeatable:.1%}" for one in columns)))
    lines.append(row("repeated of the later request", *(f"{one.repeated / one.later:.1%}" for one in columns)))
    lines.append(row("input at a tenth where repeated", *(f"{one.paid:,.0f}" for one in columns)))
    return lines


def row(label: str, *cells: str) -> str:
    return f"{label:32}" + "".join(f"{cell:>18}" for cell in cells)


async def measured(path: Path) -> list[Measured]:
    calls = calls_in(path)
    tasks = [task_id(call["request"]) for call in calls]
    found = [Measured([call["request"] for call in calls], tasks)]
    for as_then in (True, False):
        with tempfile.TemporaryDirectory(prefix="damascus-bench-") as folder:
            found.append(Measured(await Replay(calls, Path(folder), as_then=as_then).requests(), tasks))
    return found


def main() -> int:
    """Print the parts of each recording; return 1 if a target is missed over all of them."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "recordings")
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        print(f"no recordings in {folder}: nothing is measured; name the folder that has them")
        return 0
    missions = []
    for path in paths:
        missions.append(asyncio.run(measured(path)))
        print("\n".join(table(path.stem, missions[-1])))
    every = [sum(column, Measured((), ())) for column in zip(*missions, strict=True)]
    print("\n".join(table("all of them", every)))
    before, today, _ = every
    repeated, of_tokens = today.repeated / today.repeatable, today.chars / before.chars
    print(f"\nrepeated {repeated:.1%} (bound {LEAST_REPEATED:.0%}), input {of_tokens:.1%} (bound {MOST_OF_INPUT:.0%})")
    return 0 if repeated >= LEAST_REPEATED and of_tokens <= MOST_OF_INPUT else 1


if __name__ == "__main__":
    sys.exit(main())
