"""Missions that a real model played, and what today's company would send for the same turns.

A recording is one JSON object a line: `role`, `request` (the whole chat-completions body) and `answer`. A replay keeps
the model's answers and its tools' results as they were, and has everything around them made by today's code, on a
scratch ledger: the opening of each task, the tools that it is offered, the conversation as it is sent.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from agents import conversation
from agents.beginning import begin
from agents.context import offered_tools, task_context
from agents.hooks.task_tools import TaskTools
from agents.journal import Journal
from agents.planner import PLANNING_ONLY, Planner
from damascus.core.clock import SystemClock
from damascus.core.events import EventKind, TrailNote
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind, Citation
from damascus.core.records.directives import Directive, DirectiveOptions
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.openings import Opening
from damascus.core.records.proposals import Proposal
from damascus.core.records.tasks import Deliverable, DeliverableKind, Task, TaskKind, TaskStatus
from damascus.core.records.turns import Speaker, Turn, TurnStatus
from damascus.core.settings import CompanySettings, Settings, WebSettings
from damascus.core.text import quote
from damascus.doubles.model.task_prompt_parser import ParsedTask, read_task
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from damascus.llm.port import ToolSpec
from damascus.llm.request_body import tool_field
from damascus.staff.personas import load_personas
from damascus.staff.playbooks import load_playbook
from damascus.tools.registry import ToolRegistry, ToolServices, build_registry
from damascus.tools.reports.read_report import STANDS_IN_TASK
from damascus.tools.terminal.run_command import shorten
from damascus.work import artifacts, policies
from damascus.work.delivery.report_files import as_read
from damascus.work.outbox import Outbox
from damascus.work.policies import Autonomy
from damascus.work.tasks.planner_tasks import FIRST_PLAN
from damascus.workshop.port import WorkshopFacts

ROOT = Path(__file__).parents[1]
CODERS = frozenset({"engineer"})
WHEN = datetime(2026, 11, 1, tzinfo=UTC)
FACTS = WorkshopFacts("bash 5.2", "3.11.9", "20.19.2", "requests 2.32.3", 120.0, 512, 64)
_DONE_WHEN = re.compile(r"^## Done when\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LEFT = re.compile(r"\b(e\d+)\b")
_WROTE = re.compile(r"wrote (\S+\.md)")

Request = dict[str, Any]


@dataclass(slots=True)
class RecordedTask:
    """A task as its first request told it; `opened` are the different beginnings that its runs had."""

    parsed: ParsedTask
    row: Task
    refs: dict[str, str] = field(default_factory=dict)
    opening: Opening | None = None
    turns: list[Turn] = field(default_factory=list)
    said_last: list[dict[str, Any]] = field(default_factory=list)


def calls_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def task_id(request: Request) -> str:
    return read_task(request["messages"]).id


class Replay:
    """Plays one recording into a scratch company, and returns what is sent today in place of each request.

    `as_then`: a company without a web and without a memory, as those of the recordings were."""

    def __init__(self, calls: Sequence[dict[str, Any]], folder: Path, *, as_then: bool) -> None:
        self._calls = calls
        company, web = CompanySettings(shared=folder / "shared"), WebSettings(enabled=not as_then)
        self._settings, self._as_then = Settings(company=company, web=web), as_then
        self._ledger = Ledger(f"sqlite:///{folder / 'scratch.sqlite3'}")
        self._outbox = Outbox(self._ledger, cast(Any, None))
        self._personas = load_personas(ROOT / "agents" / "personas")
        self._shared = folder / "shared"
        self._registry = _registry(self._settings, self._shared)
        self._tasks: dict[str, RecordedTask] = {}
        self._refs: dict[str, str] = {}  # of the recording, and of the scratch company

    async def requests(self) -> list[Request]:
        await upgrade(self._ledger)
        first = read_task(self._calls[0]["request"]["messages"])
        self._mission = await self._open_mission(first)
        sent = [await self._replayed(number) for number in range(len(self._calls))]
        await self._ledger.close()
        return sent

    async def _replayed(self, number: int) -> Request:
        call = self._calls[number]
        request = call["request"]
        known = self._tasks.get(task_id(request)) or await self._meet(request)
        await self._take_results(known, request)
        known.said_last = call["answer"].get("tool_calls") or []
        persona = self._personas[known.row.role]
        services = cast(Any, SimpleNamespace(
            settings=self._settings, registry=self._registry, roles=frozenset(self._personas), workshop_facts=FACTS,
            coders=CODERS,
            playbook=lambda name: load_playbook(ROOT / "playbooks", name),
        ))  # fmt: skip
        own = frozenset(persona.tools) - PLANNING_ONLY
        granted = Planner(persona, services).grant_tools(known.row, TaskTools().grant_tools(known.row, own))
        async with self._ledger.reading() as tx:
            context = await task_context.gather(tx, known.row, services, granted)
        journal = Journal(self._outbox, known.row, self._settings, known.turns, Autonomy())
        beginning = begin(persona, context, journal, known.opening)
        known.opening = beginning.opening
        if beginning.news:
            known.turns.append(_turn(known, Speaker.USER, beginning.news))
        tools: Sequence[ToolSpec] = offered_tools.specs(self._registry, beginning.opening.told.tools, known.row)
        messages = beginning.messages() + conversation.messages(known.turns, lambda _: None)
        plain = [{key: value for key, value in message.items() if key != "provider"} for message in messages]
        return {"messages": plain, "tools": [tool_field(spec) for spec in tools]}

    async def _open_mission(self, parsed: ParsedTask) -> Mission:
        mission = Mission(
            "mis_1", "dir_1", "prop_1", "the-mission", parsed.directive, "startup", MissionStatus.RUNNING, None, None,
            0, WHEN, None,
        )  # fmt: skip
        async with self._ledger.transaction() as tx:
            await tx.directives.add(Directive("dir_1", "ceo", parsed.directive, DirectiveOptions(), WHEN))
            await tx.proposals.add(Proposal("prop_1", "dir_1", "ceo", "accepted", None, WHEN, WHEN))
            await tx.missions.add(mission)
            await policies.write(tx, "memory", {"use": not self._as_then})
        return mission

    async def _meet(self, request: Request) -> RecordedTask:
        """Write a task as its first request tells it, with what it builds on."""
        text = next(m["content"] for m in request["messages"] if m["role"] == "user")
        parsed = read_task(request["messages"])
        done_when = _DONE_WHEN.search(text)
        acceptance = [line[2:] for line in (done_when[1] if done_when else "").splitlines() if line.startswith("- ")]
        deliverable = Deliverable(DeliverableKind(parsed.deliverable), parsed.name, parsed.test_command or None)
        number = len(self._tasks)
        key = FIRST_PLAN if number == 0 else f"t{number}"
        row = Task(
            f"task_{number:02}", self._mission.id, key, TaskKind(parsed.kind), parsed.role, parsed.title,
            parsed.description, deliverable, acceptance, None, None, 0, TaskStatus.WORKING, None, None, None, None,
            WHEN + timedelta(minutes=number), None, None,
        )  # fmt: skip
        known = self._tasks[parsed.id] = RecordedTask(parsed, row)
        needed = {result.title: result.summary for result in parsed.results}
        before = [other for other in self._tasks.values() if other.row.title in needed and other is not known]
        for other in before:
            for one in other.said_last:
                if one["name"] == "write_report":
                    await self._report(other, one["arguments"])
            other.said_last = []
            if other.row.deliverable.kind == DeliverableKind.CODE:
                await self._pushed(other)
        async with self._ledger.transaction() as tx:
            await tx.tasks.add(row)
            await tx.tasks.add_dependencies(row.id, [other.row.id for other in before])
            for other in before:
                if other.row.status != TaskStatus.COMPLETED:
                    summary = needed[other.row.title]
                    await tx.tasks.transition(
                        other.row.id, [other.row.status], TaskStatus.COMPLETED, summary=summary, finished_at=WHEN
                    )
                    other.row = replace(other.row, status=TaskStatus.COMPLETED, summary=summary)
        return known

    async def _take_results(self, known: RecordedTask, request: Request) -> None:
        """Take over what the request holds beyond what was known: answers, results, and what these left behind."""
        held = [turn for turn in known.turns if turn.speaker != Speaker.USER]
        for turn in list(_turns(known, request["messages"][2:]))[len(held) :]:
            known.turns.append(replace(turn, n=len(known.turns) + 1))
            if turn.speaker == Speaker.TOOL:
                await self._effect(known, turn)

    async def _effect(self, known: RecordedTask, turn: Turn) -> None:
        arguments = turn.arguments if isinstance(turn.arguments, dict) else {}
        left = _LEFT.search(turn.content)
        if turn.tool == "leave_trail" and left and turn.content.startswith("trail entry"):
            kind = EventKind(arguments.get("kind", "finding"))
            async with self._ledger.transaction() as tx:
                tx.events.append(kind, known.row.role, TrailNote(text=arguments["text"]), "mis_1", known.row.id)
                await tx.events.flush()
                self._refs[left[1]] = f"e{tx.events.last_entry}"
        if turn.tool == "write_report" and _WROTE.search(turn.content):
            await self._report(known, arguments)

    async def _pushed(self, known: RecordedTask) -> None:
        """Write down that a task which ended well left its repository."""
        name = known.row.deliverable.name
        commit = ArtifactDetail(repository=name, pushed=True)
        async with self._ledger.transaction() as tx:
            await artifacts.record(tx, known.row, ArtifactKind.REPOSITORY, name, name, ArtifactDetail(repository=name))
            await artifacts.record(tx, known.row, ArtifactKind.COMMIT, f"{name}-1", name, commit)

    async def _report(self, known: RecordedTask, arguments: dict[str, Any]) -> None:
        cited = [self._refs[ref] for ref in arguments.get("sources", []) if ref in self._refs]
        name = arguments["name"]
        path = f"reports/the-mission/{name}.md"
        file = self._shared / path
        file.parent.mkdir(parents=True, exist_ok=True)
        title = arguments["title"]
        file.write_text(f"---\ntitle: {name}\n---\n\n# {title}\n\n{arguments['body']}\n", encoding="utf-8")
        detail = ArtifactDetail(title=title, sources=tuple(Citation(ref, known.row.role, "") for ref in cited))
        async with self._ledger.transaction() as tx:
            await artifacts.record(tx, known.row, ArtifactKind.REPORT, name, path, detail)


def _turns(known: RecordedTask, messages: Sequence[dict[str, Any]]) -> Iterator[Turn]:
    results = {message["tool_call_id"]: message["content"] for message in messages if message["role"] == "tool"}
    for message in messages:
        if message["role"] != "assistant":
            continue
        yield _turn(known, Speaker.ASSISTANT, message.get("content") or "")
        for call in message.get("tool_calls", ()):
            name, raw = call["function"]["name"], call["function"]["arguments"]
            text = results.get(call["id"], "")
            said = _said(known, name, text)
            yield replace(_turn(known, Speaker.TOOL, said), call_id=call["id"], tool=name, arguments=json.loads(raw))


def _said(known: RecordedTask, tool: str, text: str) -> str:
    """Return what a tool says today: of a long output less than then."""
    if tool == "read_report":
        return _report(known, text)
    head, _, output = text.partition("\n")
    return f"{head}\n{shorten(output, len(output.encode()))}" if tool == "run_command" and output else text


def _report(known: RecordedTask, text: str) -> str:
    """Return what `read_report` says today."""
    read = as_read(text)
    stands = known.opening is not None and len(read) > 500 and quote(read.strip()) in known.opening.assignment
    return STANDS_IN_TASK if stands else read


def _turn(known: RecordedTask, speaker: Speaker, text: str) -> Turn:
    n = len(known.turns) + 1
    return Turn(f"turn_{n}", known.row.id, n, speaker, text, None, None, None, TurnStatus.DONE, WHEN, WHEN)


def _registry(settings: Settings, shared: Path) -> ToolRegistry:
    none = cast(Any, None)
    roles = frozenset({"vp", "pm", "sales", "engineer"})
    services = ToolServices(
        outbox=none, forge=none, workshop=none, shared=shared, workspaces=shared, roles=roles, coders=CODERS,
        clock=SystemClock(), settings=settings, rehearsal=False, forge_sync=none, receipts=none, web=none,
        memory=none, workshop_facts=FACTS,
    )  # fmt: skip
    return build_registry(services)
