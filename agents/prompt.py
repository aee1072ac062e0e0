"""Persona and task as the two messages that open a conversation with the model.

Templates in prompts/ hold the words; this module holds the bounds and the quoting. Text that a model, a file or a
stranger wrote is either put on one line or quoted line by line with `> `, so it cannot fake a heading of the frame.
That does not stop a model from obeying what it quotes; the system message tells it not to.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from damascus.core.events import TRAIL
from damascus.core.records.artifacts import Artifact
from damascus.core.records.events import Event
from damascus.core.records.messages import MessageRow
from damascus.core.records.missions import Mission
from damascus.core.records.plan import DEFAULT_TEST_COMMAND
from damascus.core.records.tasks import Task
from damascus.core.text import one_line
from damascus.staff.personas import Persona
from damascus.staff.playbooks import Playbook

TEMPLATES = Path(__file__).parent / "prompts"

TEXT = 20_000  # characters of the directive and of the description; the CEO can say no more than that
TRAIL_ENTRIES = 40
ENTRY = 600  # characters of a trail entry, a message, an acceptance line
SUMMARY = 1_500
MESSAGES = 20
BEFORE = 40
EARLIER = 5


@dataclass(frozen=True, slots=True)
class Before:
    """What a task before this one left; of `artifacts`, those of kind report and repository are shown.

    `key` is what a second plan may depend on.
    """

    role: str
    title: str
    summary: str
    artifacts: tuple[Artifact, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """All that an agent is told about a task.

    `trail` and `messages` run from old to new; `earlier` is the role's own completed work on other missions, newest
    first; `playbook` is set for kind=plan only; `roles` are those that a plan may name.
    """

    task: Task
    mission: Mission
    before: tuple[Before, ...] = ()
    trail: tuple[Event, ...] = ()
    earlier: tuple[Task, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    playbook: Playbook | None = None
    roles: tuple[str, ...] = ()
    company: str = "Damascus Frontier"


def render(persona: Persona, brief: Brief) -> list[dict[str, Any]]:
    """The system and the user message, in the frame that the rehearsal model reads too."""
    values = {
        "persona": persona,
        "brief": brief,
        "task": brief.task,
        "trail": [event for event in brief.trail if event.kind in TRAIL][-TRAIL_ENTRIES:],
        "before": brief.before[-BEFORE:],
        "messages": brief.messages[-MESSAGES:],
        "earlier": brief.earlier[:EARLIER],
    }
    return [
        {"role": role, "content": _templates().get_template(template).render(values).strip() + "\n"}
        for role, template in (("system", "system.md"), ("user", "task.md"))
    ]


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the reader is a model, not a browser
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"line": line, "name": name, "quoted": quoted, "item": item, "made": made}
    environment.globals |= {"SUMMARY": SUMMARY, "DEFAULT_TEST_COMMAND": DEFAULT_TEST_COMMAND}
    return environment


def line(text: str, limit: int = ENTRY) -> str:
    """Foreign text on one line."""
    return one_line(text, limit) or "(empty)"


def name(text: str) -> str:
    """Foreign text between backticks."""
    return f"`{one_line(text, 200).replace('`', chr(39))}`"


def quoted(text: str, limit: int = TEXT) -> str:
    """Foreign text, each of its lines behind `> `, cut at `limit` characters with a mark."""
    rest = len(text) - limit
    shown = text if rest <= 0 else f"{text[:limit]}\n[cut here: {rest} more characters]"
    return "\n".join(f"> {part}".rstrip() for part in shown.strip().splitlines()) or "> (empty)"


def item(text: str, limit: int = ENTRY) -> str:
    """Foreign text as a list item's: its first line, the others quoted beneath, as code keeps its lines that way."""
    shown = text.strip()
    shown = shown if len(shown) <= limit else shown[: limit - 1] + "…"
    first, *others = shown.splitlines() or ["(empty)"]
    return "\n".join([first, *(f"  > {part}".rstrip() for part in others)])


def made(artifacts: tuple[Artifact, ...]) -> str:
    """Where a task's report or repository is: ` (report `x`)`, once for each."""
    places = [("report", a.path.removeprefix("reports/")) for a in artifacts if a.kind == "report"]
    places += [("repository", a.name) for a in artifacts if a.kind == "repository"]
    return "".join(f" ({kind} {name(place)})" for kind, place in places)
