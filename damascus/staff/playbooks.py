"""Playbooks: how the company handles a kind of directive, as data in playbooks/*.yaml.

A playbook is what the VP plans from, and the plan itself if no model made a valid one; therefore each is checked whole
when it is loaded. It knows no persona: `check_roles` compares it with the staff.
"""

import asyncio
import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from damascus.core.errors import Invalid, Misconfigured
from damascus.core.playbook_files import PLAYBOOKS_FOLDER, find_playbook, playbook_names
from damascus.core.records.plan import CheckedDeliverable, Plan, PlannableKind, PlannedCheck, PlannedGate, PlannedTask
from damascus.core.settings import YAML_FAULTS
from damascus.core.text import one_line, slug
from damascus.core.validation import explain, nearest, read_text
from damascus.work.intake.plan import check_plan

Loader = yaml.SafeLoader  # the one written in C crashes the process on a file that is nested 60,000 deep

_PLACEHOLDER = re.compile(r"\{([a-zA-Z_]\w*)\}")
_MAX_DIRECTIVE_CHARS = 2000
_MAX_PRODUCT_WORDS = 3
# What says nothing about the product; `untitled` is what core.text.slug makes of a text without Latin letters.
_SMALL = """
a an and are as at be build by can create each earn earns find for from get have i in into is it its make makes me month
monthly my mvp new of on one or our per small so some that the their them then they this to untitled us usd want we
which who with write you your
"""
_SMALL_WORDS = frozenset(_SMALL.split())
_WORST_DIRECTIVE = f"{'w' * 40} " * 500  # as long as one may be, in words as long as a slug may be


class PlaybookModel(BaseModel):
    """A part of a playbook's file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaybookDeliverable(PlaybookModel):
    """What a task leaves behind; `name` may hold {product}. `checks` are of lines of its task's acceptance."""

    kind: PlannableKind
    name: str
    test_command: str | None = None
    checks: list[PlannedCheck] = Field(default_factory=list)


class PlaybookTask(PlaybookModel):
    """One task of a phase; its texts may hold placeholders such as {product}."""

    key: str
    title: str
    role: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    description: str
    deliverable: PlaybookDeliverable
    acceptance: list[str]
    depends_on: list[str] = Field(default_factory=list)
    gate: PlannedGate | None = None

    def texts(self) -> list[str]:
        """Return every text in which placeholders are filled in."""
        gate = [self.gate.question, self.gate.measure] if self.gate else []
        return [self.title, self.description, self.deliverable.name, *self.acceptance, *gate]


class Phase(PlaybookModel):
    """Some tasks under a name that the CEO reads."""

    name: str = Field(min_length=1, max_length=80)
    tasks: list[PlaybookTask] = Field(min_length=1)


class RevenueRange(NamedTuple):
    """US dollars a month."""

    low: Annotated[int, Field(ge=0)]
    high: Annotated[int, Field(gt=0)]


class Playbook(PlaybookModel):
    """`name` is the file's, `suits` says in a line which directives it is for.

    `idea_generation_count` and `target_monthly_revenue` fill placeholders, if any use them.
    """

    name: str
    summary: str = Field(min_length=1, max_length=500)
    suits: str = Field(default="", max_length=200)
    phases: list[Phase] = Field(min_length=1)
    idea_generation_count: int | None = Field(default=None, gt=0, le=20)
    target_monthly_revenue: RevenueRange | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Playbook":
        if (target := self.target_monthly_revenue) and target.low > target.high:
            raise ValueError(f"target_monthly_revenue: {target.low} is more than {target.high}; write [low, high]")
        _check_placeholders(self)
        return self

    def tasks(self) -> Iterator[PlaybookTask]:
        """Return every task, in the file's order."""
        return (task for phase in self.phases for task in phase.tasks)

    def plan(self, directive: str, code: str | None = None) -> Plan:
        """Return the playbook's own plan for a directive, valid for any text that the CEO may give.

        `code` is the name of the repository that the directive is about, None if there is none yet.
        """
        values = self.values(directive, code)
        return Plan(summary=_fill(self.summary, values), tasks=[_planned(task, values) for task in self.tasks()])

    def outline(self, directive: str, code: str | None = None) -> str:
        """Return the phases with their tasks as Markdown lines, for the VP to plan from."""
        planned = {task.key: task for task in self.plan(directive, code).tasks}
        lines = [one_line(_fill(self.summary, self.values(directive, code)))]
        for number, phase in enumerate(self.phases, start=1):
            lines.append(f"{number}. {phase.name}")
            lines += [_outline(planned[task.key]) for task in phase.tasks]
        return "\n".join(lines)

    def values(self, directive: str, code: str | None = None) -> dict[str, str]:
        """Return what fills the placeholders, by name."""
        values = {"directive": one_line(directive, _MAX_DIRECTIVE_CHARS), "product": code or product(directive)}
        if self.idea_generation_count is not None:
            values["idea_generation_count"] = str(self.idea_generation_count)
        if self.target_monthly_revenue is not None:
            values["target_low"], values["target_high"] = map(str, self.target_monthly_revenue)
        return values


def company_playbook(root: Path, name: str) -> Playbook:
    """Load the playbook `name` of the company in the folder `root`, as `load_playbook` does."""
    return load_playbook(root / PLAYBOOKS_FOLDER, name)


def load_playbook(folder: Path, name: str) -> Playbook:
    """Load the playbook `folder/name.yaml`, read again only if the file has changed.

    Raises Misconfigured, in one line that names the file and the key, if it is not there or not valid.
    """
    path = find_playbook(name, folder)
    try:
        return _load(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


def list_playbooks(root: Path) -> list[tuple[str, str]]:
    """Return each playbook of the company with the line that says for what it is; wrong files are left out."""
    found = []
    for name in playbook_names(root / PLAYBOOKS_FOLDER):
        try:
            playbook = company_playbook(root, name)
        except Misconfigured:
            continue
        found.append((name, one_line(playbook.suits or playbook.summary, 200)))
    return found


async def check_playbook(name: str | None) -> None:
    """Raise Misconfigured if a directive names a playbook that is not there or not valid; None is always right."""
    if name is not None:
        await asyncio.to_thread(company_playbook, Path.cwd(), name)


def check_roles(playbook: Playbook, roles: Collection[str], personas: Path) -> None:
    """Raise Misconfigured if the playbook gives a task to a role that is not one of `roles`, those of `personas`."""
    for task in playbook.tasks():
        if task.role not in roles:
            raise Misconfigured(
                f"{PLAYBOOKS_FOLDER}/{playbook.name}.yaml: task {task.key!r}: there is no persona for the role "
                f"{task.role!r} in {personas}; known: {', '.join(roles)}"
            )


@lru_cache(maxsize=32)
def _load(path: Path, _changed: int) -> Playbook:
    """Read and check a file, once for each time it was written."""
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
    """Return a short name for what the directive asks for: its first meaningful words, as in `saas-freelancers`."""
    words = [word for word in slug(directive, 400).split("-") if word[0].isalpha() and word not in _SMALL_WORDS]
    return slug("-".join(words[:_MAX_PRODUCT_WORDS]) if words else "product")


def _planned(task: PlaybookTask, values: dict[str, str]) -> PlannedTask:
    wanted, name = task.deliverable, _fill(task.deliverable.name, values)
    return PlannedTask(
        key=task.key,
        title=one_line(_fill(task.title, values), 200),
        role=task.role,
        description=_fill(task.description, values),
        deliverable=CheckedDeliverable(
            kind=wanted.kind, name=name, test_command=wanted.test_command, checks=wanted.checks
        ),
        acceptance=[_fill(line, values) for line in task.acceptance],
        depends_on=task.depends_on,
        gate=_filled_gate(task.gate, values) if task.gate else None,
    )


def _filled_gate(gate: PlannedGate, values: dict[str, str]) -> PlannedGate:
    filled = {"question": _fill(gate.question, values), "measure": _fill(gate.measure, values)}
    return gate.model_copy(update=filled)


def _outline(task: PlannedTask) -> str:
    after = f"; after {', '.join(task.depends_on)}" if task.depends_on else ""
    wanted = f"{task.deliverable.kind} `{task.deliverable.name}`"
    return (
        f"   - `{task.key}` ({task.role}, {wanted}{after}): {task.title}. {one_line(task.description, 600)} "
        f"Done when: {one_line('; '.join(task.acceptance), 600)}.{_outlined_checks(task)}{_outlined_gate(task.gate)}"
    )


def _outlined_checks(task: PlannedTask) -> str:
    """Return the checks of a task's acceptance as a plan has them, so that they can be taken over."""
    checks = [check.model_dump(mode="json", exclude_defaults=True) for check in task.deliverable.checks]
    return f" `checks`: {json.dumps(checks)}." if checks else ""


def _outlined_gate(gate: PlannedGate | None) -> str:
    if gate is None:
        return ""
    bounds = gate.for_task().bounds
    return f" Gate: {one_line(gate.question, 300)}" + (f" ({bounds})" if bounds else "")


def _check_placeholders(playbook: Playbook) -> None:
    values = playbook.values("")
    texts = [("summary", playbook.summary)]
    texts += [(f"task {task.key!r}", text) for task in playbook.tasks() for text in task.texts()]
    for where, text in texts:
        for name in _PLACEHOLDER.findall(text):
            if name not in values:
                raise ValueError(f"{where}: nothing fills the placeholder {{{name}}}; {nearest(name, values)}")


def _check_plan(playbook: Playbook, path: Path) -> None:
    """Raise Misconfigured unless the plan is valid even for the longest directive; here every role may push code."""
    roles = {task.role for task in playbook.tasks()}
    values = playbook.values(_WORST_DIRECTIVE)
    where = ""
    try:
        for task in playbook.tasks():
            where = f"task {one_line(task.key, 80)!r}: "
            _planned(task, values)
        where = ""
        check_plan(playbook.plan(_WORST_DIRECTIVE), roles, roles)
    except ValidationError as error:
        raise Misconfigured(f"{path}: {where}{explain(error, PlannedTask)}") from None
    except Invalid as error:
        raise Misconfigured(f"{path}: {one_line(str(error), 500)}") from None


def _fill(text: str, values: dict[str, str]) -> str:
    """Fill in placeholders in one pass, so that braces in the CEO's words stay what they are."""
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], text).strip()
