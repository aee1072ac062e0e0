"""Persona and task as the two messages that open a conversation with the model.

Templates in prompts/ hold the words; this module holds the bounds and the quoting. Text that a model, a file or a
stranger wrote is either put on one line or quoted line by line with `> `, so it cannot fake a heading of the prompt.
That does not stop a model from obeying what it quotes; the system message tells it not to.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agents.compaction import KeptWords
from agents.context.task_context import TaskContext
from agents.context.token_budget import MAX_CITED_CHARS, MAX_ENTRY_CHARS, MAX_SUMMARY_CHARS, MAX_TEXT_CHARS
from agents.context.trail import ALWAYS_TOLD
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.events import Event
from damascus.core.records.plan import DEFAULT_TEST_COMMAND
from damascus.core.records.tasks import Task
from damascus.core.text import one_line, quote
from damascus.knowledge.memory.port import MAX_CONTENT_CHARS
from damascus.knowledge.sources.marks import mark_of
from damascus.llm.port import ToolSpec
from damascus.staff.personas import Persona

TEMPLATES = Path(__file__).parent / "prompts"
MAX_SUMMED_UP_WORDS = 500


def render(persona: Persona, context: TaskContext) -> list[dict[str, Any]]:
    """Return the system message and the task prompt, in the form that the rehearsal model reads too."""
    values = {"persona": persona, "context": context, "task": context.task}
    return [
        {"role": role, "content": _templates().get_template(template).render(values).strip() + "\n"}
        for role, template in (("system", "system.md"), ("user", "task.md"))
    ]


def render_news(context: TaskContext) -> str:
    """Return what a model is told of rules, the trail and messages that its conversation did not have yet."""
    return _templates().get_template("news.md").render(context=context).strip() + "\n"


def render_summing_up(task: Task, before: str, steps: str) -> list[dict[str, Any]]:
    """Return what asks a model to sum steps up; `before` stands for those before them."""
    values = {"task": task, "before": before, "steps": steps, "words": MAX_SUMMED_UP_WORDS}
    return [
        {"role": role, "content": _templates().get_template(template).render(values).strip() + "\n"}
        for role, template in (("system", "summing_up.md"), ("user", "steps.md"))
    ]


def render_compaction(summary: str, until: int, kept: KeptWords) -> str:
    """Return what stands for the turns up to `until`, behind the task prompt."""
    return _templates().get_template("compacted.md").render(summary=summary, until=until, kept=kept).strip() + "\n"


def told(system: str, context: TaskContext, tools: Sequence[ToolSpec]) -> tuple[str, ...]:
    """Return what a prompt says of itself, and not what others found: an agent learns nothing from it."""
    task, directive = context.task, context.mission.directive_text
    playbook = [outline(context)] if context.playbook is not None else []
    playbook += [line for one in context.playbooks for line in one]
    described = [tool.description for tool in tools]
    return (system, directive, task.description, *task.acceptance, *playbook, *described)


def outline(context: TaskContext) -> str:
    """Return the outline of the mission's playbook, empty if the task plans nothing."""
    code = context.code.name if context.code else None
    return context.playbook.outline(context.mission.directive_text, code) if context.playbook is not None else ""


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the reader is a model, not a browser
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "outline": outline, "line": line, "name": name, "quoted": quoted, "item": item, "entry": entry, "made": made,
        "mark": mark,
    }  # fmt: skip
    environment.globals |= {
        "MAX_SUMMARY_CHARS": MAX_SUMMARY_CHARS, "DEFAULT_TEST_COMMAND": DEFAULT_TEST_COMMAND,
        "MAX_MEMORY_CHARS": MAX_CONTENT_CHARS,
    }  # fmt: skip
    return environment


def line(text: str, limit: int = MAX_ENTRY_CHARS) -> str:
    """Return foreign text on one line."""
    return one_line(text, limit) or "(empty)"


def name(text: str) -> str:
    """Return foreign text between backticks."""
    return f"`{one_line(text, 200).replace('`', chr(39))}`"


def quoted(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    """Return foreign text, each of its lines behind `> `, cut at `limit` characters with a mark."""
    rest = len(text) - limit
    shown = text if rest <= 0 else f"{text[:limit]}\n[cut here: {rest} more characters]"
    return quote(shown) or "> (empty)"


def item(text: str, limit: int = MAX_ENTRY_CHARS) -> str:
    """Return foreign text for a list item: its first line, the others quoted beneath; so code keeps its lines."""
    shown = text.strip()
    shown = shown if len(shown) <= limit else shown[: limit - 1] + "…"
    first, *others = shown.splitlines() or ["(empty)"]
    return "\n".join([first, *(f"  > {part}".rstrip() for part in others)])


def mark(event: Event) -> str:
    """Return the mark of a trail entry as it stands behind its author: ` (verified)`, or nothing."""
    return f" ({mark_of(event)})" if mark_of(event) else ""


def entry(event: Event, corrected_by: int | None) -> str:
    """Return the words of a trail entry; what was corrected is struck through."""
    text = str(event.payload["text"])
    limit = MAX_ENTRY_CHARS if event.kind in ALWAYS_TOLD else MAX_CITED_CHARS
    corrects = "" if event.replaces is None else f"(corrects e{event.replaces}) "
    if corrected_by is not None:
        return f"{corrects}~~{line(text, limit)}~~ (corrected by e{corrected_by})"
    return corrects + item(text, limit)


def made(artifacts: tuple[Artifact, ...]) -> str:
    """Return where a task's reports and repositories are: ` (report `x`)`, once for each."""
    places = [("report", a.path.removeprefix("reports/")) for a in artifacts if a.kind == ArtifactKind.REPORT]
    places += [("repository", a.name) for a in artifacts if a.kind == ArtifactKind.REPOSITORY]
    return "".join(f" ({kind} {name(place)})" for kind, place in places)
