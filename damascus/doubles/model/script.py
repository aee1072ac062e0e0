"""The script: which calls get a fault or a given answer instead of what the staff would say.

A step is `{"match": {...}, "fault" | "answer" | "answers" | "obey": ..., "options": {...}, "times": n}`; one with a
fault and an answer plays that answer with that fault. The first step that fits and is not used up is played. `nth`
counts the requests that fit the step's other keys, from 1; `every` takes each so-many-th of them. `times` defaults to
1; 0 means without end. `answers` are given in turn. With `obey: true` a step fits requests that carry orders
(orders.py), and obeys them. Checked by hand and not by Pydantic, to keep the server's start short.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from damascus.core.errors import Invalid, Misconfigured
from damascus.doubles.model import generators, orders
from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.faults import ModelFault, read_fault
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall

_STEP_KEYS = {"match", "fault", "answer", "answers", "obey", "options", "times"}
_MATCH_KEYS = {"role", "kind", "task", "nth", "every", "directive"}
_ANSWER_KEYS = {"content", "tool_calls", "finish_reason", "reasoning", "refusal", "usage"}
_FILE_KEYS = {"name", "sentence", "plan", "steps", "expect"}


@dataclass
class ScriptStep:
    """One line of the script, and how often it was seen and played; `answers` are expanded when they are given."""

    match: Mapping[str, Any]
    fault: ModelFault | None
    answers: tuple[Mapping[str, Any], ...]
    times: int
    obeys: bool = False
    seen: int = 0
    played: int = 0

    def take(self, request: ChatRequest) -> bool:
        """Return True if this step plays for `request`. Counts the request if it fits."""
        if not request.task.directive.startswith(self.match.get("directive", "")):
            return False
        facts = {"role": request.role, "kind": request.task.kind, "task": request.task_id}
        if any(self.match[name] != fact for name, fact in facts.items() if name in self.match):
            return False
        if self.obeys and not orders.open_orders(request):
            return False
        self.seen += 1
        if self.seen < self.match.get("nth", 1) or self.seen % self.match.get("every", 1):
            return False
        if self.times and self.played >= self.times:
            return False
        self.played += 1
        return True

    def answer(self, request: ChatRequest) -> ScriptedAnswer | None:
        """Return this time's answer, or None if the step gives none."""
        if self.obeys:
            return orders.obey(request)
        if not self.answers:
            return None
        blanks = {"<n>": str(self.played), **orders.blanks(request)}
        return _scripted(generators.expand(self.answers[(self.played - 1) % len(self.answers)], blanks))


@dataclass
class Script:
    """The steps, in order."""

    steps: list[ScriptStep] = field(default_factory=list)

    def next(self, request: ChatRequest) -> ScriptStep | None:
        """Return the step that plays for `request`, or None."""
        return next((step for step in self.steps if step.take(request)), None)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the steps and how often each was played, for `GET /script`."""
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
    """Check the steps in `data`, a list or a file's content.

    A file has `steps`; with a `name` they are for directives that begin with `[name]` only, and with a `plan` (tasks as
    `role kind`) the VP plans just that. `sentence` and `expect` are for the readers of the file.

    Raises Invalid if a step is wrong, naming it.
    """
    if not isinstance(data, dict):
        return _steps(data, {})
    checked = _checked("the script", data, _FILE_KEYS)
    only = {"directive": f"[{checked['name']}]"} if checked.get("name") else {}
    steps = _steps(checked.get("steps", []), only)
    if checked.get("plan"):
        steps += _steps([{"match": {"kind": "plan"}, "times": 0, "answer": _plan_answer(checked["plan"])}], only)
    return steps


def load_steps(path: Path) -> list[ScriptStep]:
    """Load the steps of a YAML file, or of all files in a folder.

    Raises Misconfigured if a file cannot be read or is not a script, naming it.
    """
    if path.is_dir():
        return [step for file in sorted(path.glob("*.yaml")) for step in load_steps(file)]
    try:
        return read_steps(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, Invalid) as error:
        raise Misconfigured(f"{path}: not a script for the rehearsal: {' '.join(str(error).split())}") from None


def _steps(listed: Any, only: Mapping[str, Any]) -> list[ScriptStep]:
    if not isinstance(listed, list):
        raise Invalid("a script is a list of steps")
    return [_step(at, raw, only) for at, raw in enumerate(listed, start=1)]


def _step(at: int, raw: Any, only: Mapping[str, Any]) -> ScriptStep:
    where = f"step {at}"
    data, match = _checked(where, raw, _STEP_KEYS), _checked(f"{where}, match", raw.get("match") or {}, _MATCH_KEYS)
    options, times = _checked(f"{where}, options", data.get("options") or {}, None), data.get("times", 1)
    kinds = data.keys() & {"answer", "answers", "obey"} or data.keys() & {"fault"}
    if len(kinds) != 1 or ("obey" in data and (data["obey"] is not True or "fault" in data)):
        raise Invalid(f"{where}: give either 'answer' (or 'answers'), a 'fault', or both, or 'obey: true'")
    nth, every = match.get("nth", 1), match.get("every", 1)
    if not all(isinstance(number, int) for number in (times, nth, every)) or times < 0 or every < 1:
        raise Invalid(f"{where}: 'times', 'nth' and 'every' are whole numbers, 'times' at least 0, 'every' at least 1")
    given = data["answers"] if "answers" in data else [data["answer"]] if "answer" in data else []
    answers = tuple(_answer(where, raw) for raw in given)
    return ScriptStep({**match, **only}, read_fault(data.get("fault"), options), answers, times, "obey" in data)


def _answer(where: str, raw: Any) -> dict[str, Any]:
    """Check an answer by giving it once; returns it as it is written."""
    data = _checked(f"{where}, answer", {"content": raw} if isinstance(raw, str) else raw, _ANSWER_KEYS)
    generators.check_generators(where, data)
    for call in generators.expand(data.get("tool_calls", []), {}):
        _checked(f"{where}, tool_calls", call, {"name", "arguments"})
    return data


def _scripted(data: Mapping[str, Any]) -> ScriptedAnswer:
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


def _plan_answer(listed: Any) -> dict[str, Any]:
    """Return an answer that submits a plan of tasks written as `role kind`; none waits for another."""
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


def _checked(where: str, raw: Any, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Invalid(f"{where}: expected an object, found {type(raw).__name__}")
    if known is not None and (unknown := set(raw) - known):
        raise Invalid(f"{where}: unknown {sorted(unknown)}; known: {sorted(known)}")
    return raw
