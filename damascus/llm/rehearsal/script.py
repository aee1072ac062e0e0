"""The script: which calls get a fault or a given answer instead of what the staff would say.

A step is `{"match": {"role", "kind", "task", "nth"}, "fault" | "answer": ..., "options": {...}, "times": n}`. The first
step that fits and is not used up is played. `nth` counts the calls that fit the step's other words, from 1.
`times` defaults to 1; 0 means without end. Checked by hand and not by Pydantic, to keep the server's start short.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from damascus.core.errors import Invalid, Misconfigured
from damascus.llm.rehearsal.answers import Answer, Call
from damascus.llm.rehearsal.asks import Ask
from damascus.llm.rehearsal.faults import Fault, read_fault

_STEP = {"match", "fault", "answer", "options", "times"}
_MATCH = {"role", "kind", "task", "nth"}
_ANSWER = {"content", "tool_calls", "finish_reason", "reasoning", "refusal"}


@dataclass
class Step:
    """One line of the script, and how often it was seen and played."""

    match: Mapping[str, Any]
    fault: Fault | None
    answer: Answer | None
    times: int
    seen: int = 0
    played: int = 0

    def takes(self, ask: Ask) -> bool:
        """Whether this step plays for `ask`; counts it if it fits."""
        facts = {"role": ask.role, "kind": ask.task.kind, "task": ask.task_id}
        if any(self.match[name] != fact for name, fact in facts.items() if name in self.match):
            return False
        self.seen += 1
        if self.seen < self.match.get("nth", 1) or (self.times and self.played >= self.times):
            return False
        self.played += 1
        return True


@dataclass
class Script:
    """The steps, in order."""

    steps: list[Step] = field(default_factory=list)

    def next(self, ask: Ask) -> Step | None:
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


def read_steps(data: Any) -> list[Step]:
    """The steps in `data`, a list or `{"steps": [...]}`; raises Invalid naming the step that is wrong."""
    listed = data.get("steps") if isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise Invalid("a script is a list of steps")
    return [_step(at, raw) for at, raw in enumerate(listed, start=1)]


def load_steps(path: Path) -> list[Step]:
    """The steps of a YAML file; raises Misconfigured naming it."""
    try:
        return read_steps(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, Invalid) as error:
        raise Misconfigured(f"{path}: not a script for the rehearsal: {' '.join(str(error).split())}") from None


def _step(at: int, raw: Any) -> Step:
    where = f"step {at}"
    data, match = _known(where, raw, _STEP), _known(f"{where}, match", raw.get("match") or {}, _MATCH)
    options, times = _known(f"{where}, options", data.get("options") or {}, None), data.get("times", 1)
    if ("fault" in data) == ("answer" in data):
        raise Invalid(f"{where}: give either 'fault' or 'answer'")
    if not isinstance(times, int) or times < 0 or not isinstance(match.get("nth", 1), int):
        raise Invalid(f"{where}: 'times' and 'nth' are whole numbers, 'times' at least 0")
    answer = _answer(where, data["answer"]) if "answer" in data else None
    return Step(match, read_fault(data.get("fault"), options), answer, times)


def _answer(where: str, raw: Any) -> Answer:
    data = _known(f"{where}, answer", {"content": raw} if isinstance(raw, str) else raw, _ANSWER)
    calls = [_known(f"{where}, tool_calls", call, {"name", "arguments"}) for call in data.get("tool_calls", [])]
    return Answer(
        text=str(data.get("content") or ""),
        calls=tuple(Call(str(call.get("name")), call.get("arguments", {})) for call in calls),
        finish_reason=str(data.get("finish_reason") or ""),
        reasoning=str(data.get("reasoning") or ""),
        refusal=str(data.get("refusal") or ""),
    )


def _known(where: str, raw: Any, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Invalid(f"{where}: expected an object, found {type(raw).__name__}")
    if known is not None and (unknown := set(raw) - known):
        raise Invalid(f"{where}: unknown {sorted(unknown)}; known: {sorted(known)}")
    return raw
