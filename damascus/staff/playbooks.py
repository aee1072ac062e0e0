"""Playbooks: how the company handles a kind of directive, as data in playbooks/*.yaml.

A playbook is what the VP plans from, and the plan itself when no model made a valid one; therefore each is checked
whole when it is loaded. It knows no persona: whether its roles are on the staff is seen when the plan is started.
"""

import asyncio
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from damascus.core.errors import Invalid, Misconfigured
from damascus.core.playbook_files import PLAYBOOKS_FOLDER, find_playbook
from damascus.core.records.plan import Deliverable, Plan, PlannedTask
from damascus.core.settings import YAML_FAULTS
from damascus.core.text import one_line, slug
from damascus.core.validation import explain, nearest, read_text
from damascus.work.intake.plan import check_plan

Loader = yaml.SafeLoader  # the one written in C dies of a file that is nested 60,000 deep, and takes the process along

_PLACEHOLDER = re.compile(r"\{([a-zA-Z_]\w*)\}")
_DIRECTIVE_CHARACTERS = 2000
_PRODUCT_WORDS = 3
# What says nothing about the product; `untitled` is what core.text.slug makes of a text without Latin letters.
_SMALL = """
a an and are as at be build by can create each earn earns find for from get have i in into is it its make makes me month
monthly my mvp new of on one or our per small so some that the their them then they this to untitled us usd want we
which who with write you your
"""
_SMALL_WORDS = frozenset(_SMALL.split())
_LONGEST_DIRECTIVE = f"{'w' * 40} " * 500


class PlaybookModel(BaseModel):
    """A part of a playbook's file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaybookDeliverable(PlaybookModel):
    """What a task leaves behind; `name` may hold {product}."""

    kind: Literal["report", "code", "note"]
    name: str
    test_command: str | None = None


class PlaybookTask(PlaybookModel):
    """One task of a phase; its texts may hold placeholders such as {product}."""

    key: str
    title: str
    role: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    description: str
    deliverable: PlaybookDeliverable
    acceptance: list[str]
    depends_on: list[str] = Field(default_factory=list)

    def texts(self) -> list[str]:
        """Every text in which placeholders are filled in."""
        return [self.title, self.description, self.deliverable.name, *self.acceptance]


class Phase(PlaybookModel):
    """Some tasks under a name that the CEO reads."""

    name: str = Field(min_length=1, max_length=80)
    tasks: list[PlaybookTask] = Field(min_length=1)


class RevenueRange(NamedTuple):
    """US dollars a month."""

    low: Annotated[int, Field(ge=0)]
    high: Annotated[int, Field(gt=0)]


class Playbook(PlaybookModel):
    """`name` is the file's; `idea_generation_count` and `target_monthly_revenue` fill placeholders, if any use them."""

    name: str
    summary: str = Field(min_length=1, max_length=500)
    phases: list[Phase] = Field(min_length=1)
    idea_generation_count: int | None = Field(default=None, gt=0, le=20)
    target_monthly_revenue: RevenueRange | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Playbook":
        if (target := self.target_monthly_revenue) and target.low > target.high:
            raise ValueError(f"target_monthly_revenue: {target.low} is more than {target.high}; write [low, high]")
        _check_placeholders(self)
        return self

    def steps(self) -> Iterator[PlaybookTask]:
        """Every task, in the file's order."""
        return (step for phase in self.phases for step in phase.tasks)

    def plan(self, directive: str) -> Plan:
        """The playbook's own plan for a directive, valid for any text that the CEO may give."""
        values = self.values(directive)
        return Plan(summary=_fill(self.summary, values), tasks=[_task(step, values) for step in self.steps()])

    def outline(self, directive: str) -> str:
        """The phases with their tasks, as Markdown lines for the VP to plan from."""
        tasks = {task.key: task for task in self.plan(directive).tasks}
        lines = [one_line(_fill(self.summary, self.values(directive)))]
        for number, phase in enumerate(self.phases, start=1):
            lines.append(f"{number}. {phase.name}")
            lines += [_outline(tasks[step.key]) for step in phase.tasks]
        return "\n".join(lines)

    def values(self, directive: str) -> dict[str, str]:
        """What fills the placeholders, by name."""
        values = {"directive": one_line(directive, _DIRECTIVE_CHARACTERS), "product": product(directive)}
        if self.idea_generation_count is not None:
            values["idea_generation_count"] = str(self.idea_generation_count)
        if self.target_monthly_revenue is not None:
            values["target_low"], values["target_high"] = map(str, self.target_monthly_revenue)
        return values


def load_playbook(folder: Path, name: str) -> Playbook:
    """Return the playbook `folder/name.yaml`, read again if the file has changed.

    Raises Misconfigured with one line that names the file and the key if it is not there or not valid.
    """
    path = find_playbook(name, folder)
    try:
        return _load(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


async def check_playbook(name: str | None) -> None:
    """Raise Misconfigured if a directive names a playbook that is not there or not valid; None is always right."""
    if name is not None:
        await asyncio.to_thread(load_playbook, PLAYBOOKS_FOLDER.absolute(), name)


@lru_cache(maxsize=32)
def _load(path: Path, _changed: int) -> Playbook:
    """Read and check a file, once as long as it does not change."""
    try:
        data = yaml.load(read_text(path), Loader=Loader)  # noqa: S506 - a safe one
    except YAML_FAULTS as error:
        raise Misconfigured(f"{path}: not valid YAML: {one_line(str(error))}") from None
    if not isinstance(data, dict) or "name" in data:
        raise Misconfigured(f"{path}: expected `summary:` and `phases:`, without `name:` (that is the file's own)")
    try:
        playbook = Playbook.model_validate({**data, "name": path.stem})
    except ValidationError as error:
        raise Misconfigured(f"{path}: {explain(error, Playbook)}") from None
    _check_plan(playbook, path)
    return playbook


def product(directive: str) -> str:
    """A short name for what the directive asks for: its first words that carry meaning, such as `saas-freelancers`."""
    words = [word for word in slug(directive, 400).split("-") if word[0].isalpha() and word not in _SMALL_WORDS]
    return slug("-".join(words[:_PRODUCT_WORDS]) if words else "product")


def _task(step: PlaybookTask, values: dict[str, str]) -> PlannedTask:
    made = step.deliverable
    return PlannedTask(
        key=step.key,
        title=one_line(_fill(step.title, values), 200),
        role=step.role,
        description=_fill(step.description, values),
        deliverable=Deliverable(kind=made.kind, name=_fill(made.name, values), test_command=made.test_command),
        acceptance=[_fill(line, values) for line in step.acceptance],
        depends_on=step.depends_on,
    )


def _outline(task: PlannedTask) -> str:
    after = f"; after {', '.join(task.depends_on)}" if task.depends_on else ""
    made = f"{task.deliverable.kind} `{task.deliverable.name}`"
    return (
        f"   - `{task.key}` ({task.role}, {made}{after}): {task.title}. {one_line(task.description, 600)} "
        f"Done when: {one_line('; '.join(task.acceptance), 600)}."
    )


def _check_placeholders(playbook: Playbook) -> None:
    values = playbook.values("")
    texts = [("summary", playbook.summary)]
    texts += [(f"task {step.key!r}", text) for step in playbook.steps() for text in step.texts()]
    for where, text in texts:
        for name in _PLACEHOLDER.findall(text):
            if name not in values:
                raise ValueError(f"{where}: nothing fills the placeholder {{{name}}}; {nearest(name, values)}")


def _check_plan(playbook: Playbook, path: Path) -> None:
    """Raise Misconfigured unless the plan holds for the longest directive; any of its roles may push code here."""
    roles = {step.role for step in playbook.steps()}
    values = playbook.values(_LONGEST_DIRECTIVE)
    where = ""
    try:
        for step in playbook.steps():
            where = f"task {one_line(step.key, 80)!r}: "
            _task(step, values)
        where = ""
        check_plan(playbook.plan(_LONGEST_DIRECTIVE), roles, roles)
    except ValidationError as error:
        raise Misconfigured(f"{path}: {where}{explain(error, PlannedTask)}") from None
    except Invalid as error:
        raise Misconfigured(f"{path}: {one_line(str(error), 500)}") from None


def _fill(text: str, values: dict[str, str]) -> str:
    """One pass, so that braces in the CEO's words stay what they are."""
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], text).strip()
