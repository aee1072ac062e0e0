"""The script: which calls get a fault or a given answer instead of what the staff would say.

A step is `{"match": {...}, "fault" | "answer" | "answers": ..., "options": {...}, "times": n}`. The first step that
fits and is not used up is played. `nth` counts the calls that fit the step's other words, from 1; `every` takes each
so-many-th of them. `times` defaults to 1; 0 means without end. `answers` are given in turn. Checked by hand and not by
Pydantic, to keep the server's start short.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from damascus.core.errors import Invalid, Misconfigured
from damascus.doubles.model import generators
from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.faults import ModelFault, read_fault
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall

_STEP = {"match", "fault", "answer", "answers", "options", "times"}
_MATCH = {"role", "kind", "task", "nth", "every", "directive"}
_ANSWER = {"content", "tool_calls", "finish_reason", "reasoning", "refusal", "usage"}
_FILE = {"name", "sentence", "plan", "steps", "expect"}


@dataclass
class ScriptStep:
    """One line of the script, and how often it was seen and played; `answers` are grown when they are given."""

    match: Mapping[str, Any]
    fault: ModelFault | None
    answers: tuple[Mapping[str, Any], ...]
    times: int
    seen: int = 0
    played: int = 0

    def takes(self, ask: ChatRequest) -> bool:
        """Whether this step plays for `ask`; counts it if it fits."""
        if not ask.task.directive.startswith(self.match.get("directive", "")):
            return False
        facts = {"role": ask.role, "kind": ask.task.kind, "task": ask.task_id}
        if any(self.match[name] != fact for name, fact in facts.items() if name in self.match):
            return False
        self.seen += 1
        if self.seen < self.match.get("nth", 1) or self.seen % self.match.get("every", 1):
            return False
        if self.times and self.played >= self.times:
            return False
        self.played += 1
        return True

    def answer(self, ask: ChatRequest) -> ScriptedAnswer | None:
        """What is answered this time, if the step gives answers."""
        if not self.answers:
            return None
        blanks = {"<n>": str(self.played), "<result>": _last_result(ask)}
        return _spoken(generators.grow(self.answers[(self.played - 1) % len(self.answers)], blanks))


@dataclass
class Script:
    """The steps, in order."""

    steps: list[ScriptStep] = field(default_factory=list)

    def next(self, ask: ChatRequest) -> ScriptStep | None:
        """The step that `ask` gets, if any."""
        return next((step for step in self.steps if step.takes(ask)), None)

    def shown(self) -> list[dict[str, Any]]:
        """What is left, for `GET /script`."""
        return [
            {
                "match": dict(step.match),
                "fault": step.fault.name if step.fault else None,
                "times": step.times,
                "seen": step.seen,
                "played": step.played,
            }
            for step in self.steps
        ]


def read_steps(data: Any) -> list[ScriptStep]:
    """The steps in `data`: a list, or a file's content; raises Invalid naming the step that is wrong.

    A file has `steps`; with a `name` they are for directives that begin with `[name]` only, and with a `plan` (tasks as
    `role kind`) the VP plans just that. `sentence` and `expect` are for whoever reads the file.
    """
    if not isinstance(data, dict):
        return _steps(data, {})
    whole = _known("the script", data, _FILE)
    mine = {"directive": f"[{whole['name']}]"} if whole.get("name") else {}
    planned = [{"match": {"kind": "plan"}, "times": 0, "answer": _planning(whole["plan"])}] if whole.get("plan") else []
    return _steps(whole.get("steps", []), mine) + _steps(planned, mine)


def load_steps(path: Path) -> list[ScriptStep]:
    """The steps of a YAML file, or of all in a folder; raises Misconfigured naming the file."""
    if path.is_dir():
        return [step for file in sorted(path.glob("*.yaml")) for step in load_steps(file)]
    try:
        return read_steps(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, Invalid) as error:
        raise Misconfigured(f"{path}: not a script for the rehearsal: {' '.join(str(error).split())}") from None


def _steps(listed: Any, mine: Mapping[str, Any]) -> list[ScriptStep]:
    if not isinstance(listed, list):
        raise Invalid("a script is a list of steps")
    return [_step(at, raw, mine) for at, raw in enumerate(listed, start=1)]


def _step(at: int, raw: Any, mine: Mapping[str, Any]) -> ScriptStep:
    where = f"step {at}"
    data, match = _known(where, raw, _STEP), _known(f"{where}, match", raw.get("match") or {}, _MATCH)
    options, times = _known(f"{where}, options", data.get("options") or {}, None), data.get("times", 1)
    if sum(key in data for key in ("fault", "answer", "answers")) != 1:
        raise Invalid(f"{where}: give either 'fault' or 'answer' (or 'answers')")
    numbers = (times, match.get("nth", 1), match.get("every", 1))
    if not all(isinstance(number, int) for number in numbers) or times < 0 or match.get("every", 1) < 1:
        raise Invalid(f"{where}: 'times', 'nth' and 'every' are whole numbers, 'times' at least 0, 'every' at least 1")
    given = data["answers"] if "answers" in data else [data["answer"]] if "answer" in data else []
    answers = tuple(_answer(where, raw) for raw in given)
    return ScriptStep({**match, **mine}, read_fault(data.get("fault"), options), answers, times)


def _answer(where: str, raw: Any) -> dict[str, Any]:
    """An answer as it is written, checked by giving it once."""
    data = _known(f"{where}, answer", {"content": raw} if isinstance(raw, str) else raw, _ANSWER)
    generators.check(where, data)
    for call in generators.grow(data.get("tool_calls", []), {}):
        _known(f"{where}, tool_calls", call, {"name", "arguments"})
    return data


def _spoken(data: Mapping[str, Any]) -> ScriptedAnswer:
    return ScriptedAnswer(
        text=str(data.get("content") or ""),
        calls=tuple(
            ScriptedCall(str(call.get("name")), call.get("arguments", {})) for call in data.get("tool_calls", [])
        ),
        finish_reason=str(data.get("finish_reason") or ""),
        reasoning=str(data.get("reasoning") or ""),
        refusal=str(data.get("refusal") or ""),
        usage=data.get("usage"),
    )


def _last_result(ask: ChatRequest) -> str:
    results = [message for message in ask.messages if message.get("role") == "tool"]
    return str(results[-1].get("content") or "") if results else ""


def _planning(listed: Any) -> dict[str, Any]:
    """An answer that submits a plan of tasks written as `role kind`; none waits for another."""
    if not isinstance(listed, list) or not all(isinstance(item, str) and len(item.split()) == 2 for item in listed):
        raise Invalid("a plan is a list of tasks, each as `role kind`: [pm note, engineer code]")
    tasks = [_task(at, *item.split()) for at, item in enumerate(listed, start=1)]
    arguments = {"summary": "A plan by script.", "tasks": tasks}
    return {"tool_calls": [{"name": "submit_plan", "arguments": arguments}]}


def _task(at: int, role: str, kind: str) -> dict[str, Any]:
    name = f"{role}-{at}-<n>"  # a second plan has names of its own
    return {
        "key": name, "title": f"The {name}", "role": role, "description": f"Make the {kind} {name}.",
        "deliverable": {"kind": kind, "name": name}, "acceptance": ["it is there"], "depends_on": [],
    }  # fmt: skip


def _known(where: str, raw: Any, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Invalid(f"{where}: expected an object, found {type(raw).__name__}")
    if known is not None and (unknown := set(raw) - known):
        raise Invalid(f"{where}: unknown {sorted(unknown)}; known: {sorted(known)}")
    return raw
