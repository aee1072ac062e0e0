"""Parses the task prompt that an agent sends as the second message of each request (agents/prompts/task.md)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_HEAD = re.compile(r"^# Task (\S+?):[ \t]*(.*)$", re.MULTILINE)
_FIELD = re.compile(r"^- (kind|role|mission|deliverable|test command|playbook|existing code):[ \t]*(.*)$", re.MULTILINE)
_RULES, _TAUGHT = "The CEO's rules", "What earlier missions taught"
_HEADINGS = (
    "Directive|What to do|Done when|Gate|Playbooks?|Who builds on it|From the tasks before this one|"
    "What the program knows|Specification|Trail|Earlier work of yours|"
    f"Messages to you|{_RULES}|{_TAUGHT}|What you did so far"
)
_SECTION = re.compile(rf"^## ({_HEADINGS})[ \t]*$", re.MULTILINE)
_DELIVERABLE = re.compile(r"(\w+)\s+`([^`]*)`")
_RESULT = re.compile(r"^- ([^,\n]+), (.*?): (.*?)((?: \((?:report|repository) `[^`]+`\))*)$", re.MULTILINE)
_PLACE = re.compile(r"\((report|repository) `([^`]+)`\)")
_ENTRY = re.compile(r"^- \[(e\d+)\] (\w+) by ([^:(\n]+?)(?: \(([^()\n]*)\))?: (.*)$", re.MULTILINE)
_NAME = re.compile(r"`([^`]+)`")
_MEMORY = re.compile(r"^- \[mem_\w+\] (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class ParsedResult:
    """What an earlier task delivered; `places` are pairs of `report` and its path, or `repository` and its name."""

    role: str
    title: str
    summary: str
    places: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ParsedTrailEntry:
    """An entry of the trail; `mark` is what the company says of a claim's origin, empty if it is none."""

    id: str
    kind: str
    by: str
    mark: str
    text: str


@dataclass(frozen=True)
class ParsedTask:
    """A task as its agent described it; parts that the request lacks are empty."""

    id: str = ""
    title: str = ""
    kind: str = ""
    role: str = ""
    mission: str = ""
    deliverable: str = ""
    playbook: str = ""
    gate: str = ""
    name: str = ""
    test_command: str = ""
    directive: str = ""
    description: str = ""
    results: tuple[ParsedResult, ...] = ()
    trail: tuple[ParsedTrailEntry, ...] = ()
    rules: tuple[str, ...] = ()
    memories: tuple[str, ...] = ()
    existing_code: str = ""


def read_task(messages: list[dict[str, Any]]) -> ParsedTask:
    """Parse the task in the first user message that has one; returns an empty ParsedTask if there is none."""
    for message in messages[:4]:
        content = message.get("content")
        if message.get("role") == "user" and isinstance(content, str) and (head := _HEAD.search(content)):
            return _parsed(content[head.start() :], head.group(1), head.group(2).strip())
    return ParsedTask()


def _parsed(text: str, task_id: str, title: str) -> ParsedTask:
    sections = _sections(text)
    fields = dict(_FIELD.findall(sections[""]))
    deliverable = _DELIVERABLE.search(fields.get("deliverable", ""))
    return ParsedTask(
        id=task_id,
        title=title,
        kind=fields.get("kind", "").strip(),
        role=fields.get("role", "").strip(),
        mission=fields.get("mission", "").strip(),
        deliverable=deliverable.group(1) if deliverable else "",
        name=deliverable.group(2) if deliverable else "",
        playbook=fields.get("playbook", "").strip(),
        gate=sections.get("Gate", "").strip(),
        test_command=fields.get("test command", "").strip().strip("`"),
        directive=_unquoted(sections.get("Directive", "")),
        description=_unquoted(sections.get("What to do", "")),
        results=tuple(_results(sections.get("From the tasks before this one", ""))),
        trail=tuple(ParsedTrailEntry(*found) for found in _ENTRY.findall(sections.get("Trail", ""))),
        rules=tuple(_MEMORY.findall(sections.get(_RULES, ""))),
        existing_code="".join(_NAME.findall(fields.get("existing code", ""))[:1]),
        memories=tuple(_MEMORY.findall(sections.get(_TAUGHT, ""))),
    )


def _results(text: str) -> Iterator[ParsedResult]:
    for role, title, summary, places in _RESULT.findall(text):
        yield ParsedResult(role, title, summary, tuple(_PLACE.findall(places)))


def _unquoted(text: str) -> str:
    """Return the text without the `> ` that an agent puts before each line of what others wrote."""
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in text.splitlines())


def _sections(text: str) -> dict[str, str]:
    """Return the text under each heading; what comes before the first is under ''."""
    parts = _SECTION.split(text)
    named: dict[str, str] = {"": parts[0]}
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        named.setdefault(heading.strip(), body.strip())
    return named
