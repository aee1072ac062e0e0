"""What this task's run has done so far, read from the request: the staff itself remembers nothing."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from damascus.doubles.model.scripted_answer import ScriptedCall

# which arguments make two calls the same one; tools that are not listed are told apart by their name alone
_IDENTITY: dict[str, tuple[str, ...]] = {
    "leave_trail": ("text",),
    "write_report": ("name",),
    "write_file": ("path", "content"),
    "edit_file": ("path", "old"),
    "run_command": ("command",),
    "finish": ("summary",),
    "submit_plan": ("summary",),
}
_CHANGES_FILES = {"write_file", "edit_file"}
_REDONE_WHEN_REFUSED = {"write_report", "run_command", "commit", "push"}
# how the company's tools begin what they say when they did not do it; also `name: reason` and `name failed by ...`
_FAILURE = re.compile(
    r"\W*(error|refused|denied|invalid|cannot|could not|interrupted|this call was interrupted|the call could not|"
    r"there is no tool)\b",
    re.I,
)
_INTERRUPTED = re.compile(r"\W*(interrupted|this call was interrupted)\b", re.I)
_EXIT = re.compile(r"\s*exit (-?\d+)")
_ENTRY = re.compile(r"trail entry (e\d+)")


@dataclass(frozen=True)
class PastCall:
    """A tool call and its result, as the tool gave it back."""

    call: ScriptedCall
    result: str

    @property
    def ok(self) -> bool:
        """True if the result reads like success; a command that ran is one, whatever its exit code."""
        name = self.call.name
        refused = name == "finish" or self.result.startswith((f"{name}: ", f"{name} failed"))
        not_run = name == "run_command" and self.exit_code is None
        return not (refused or not_run or _FAILURE.match(self.result))

    @property
    def interrupted(self) -> bool:
        """True if it is not known whether the call took effect: neither a success nor a failure."""
        return _INTERRUPTED.match(self.result) is not None

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, or None if none ran."""
        found = _EXIT.match(self.result)
        return int(found.group(1)) if found else None


@dataclass(frozen=True)
class History:
    """The tool calls of this run, in order."""

    done: tuple[PastCall, ...]

    def has(self, call: ScriptedCall) -> bool:
        """Return True if this call succeeded and still counts.

        Tests are stale once a file changed, and what a task delivers is stale once `finish` was refused.
        """
        return any(self._same(past, call) and past.ok for past in self.done[self._since(call.name) :])

    def failures(self, call: ScriptedCall) -> int:
        """Return how often this call has failed."""
        return sum(self._same(past, call) and not (past.ok or past.interrupted) for past in self.done)

    def last(self, name: str) -> PastCall | None:
        """Return the latest call of a tool, or None."""
        return next((past for past in reversed(self.done) if past.call.name == name), None)

    @cached_property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """The ids and texts of what this run left on the trail."""
        found = [(_ENTRY.search(past.result), past) for past in self.done if past.call.name == "leave_trail"]
        return tuple((match.group(1), _argument(past.call, "text")) for match, past in found if match)

    def _since(self, name: str) -> int:
        after = 0
        for at, past in enumerate(self.done, start=1):
            refused = past.call.name == "finish" and name in _REDONE_WHEN_REFUSED
            changed = name == "run_command" and past.call.name in _CHANGES_FILES and past.ok
            after = at if refused or changed else after
        return after

    @staticmethod
    def _same(past: PastCall, call: ScriptedCall) -> bool:
        keys = _IDENTITY.get(call.name, ())
        return past.call.name == call.name and all(_argument(past.call, key) == _argument(call, key) for key in keys)


def read_history(messages: list[dict[str, Any]]) -> History:
    """Return the calls in `messages` with their results.

    A result without a known call id belongs to the oldest open call.
    """
    waiting: dict[str, ScriptedCall] = {}
    done: list[PastCall] = []
    for message in messages:
        if message.get("role") == "assistant":
            waiting.update(_calls(message.get("tool_calls") or []))
        elif message.get("role") == "tool":
            key = str(message.get("tool_call_id"))
            call = waiting.pop(key if key in waiting else next(iter(waiting), ""), None)
            if call:
                done.append(PastCall(call, str(message.get("content") or "")))
    return History(tuple(done))


def _calls(listed: list[dict[str, Any]]) -> dict[str, ScriptedCall]:
    calls = {}
    for call in listed:
        function = call.get("function") or {}
        calls[str(call.get("id"))] = ScriptedCall(str(function.get("name")), _read(function.get("arguments")))
    return calls


def _read(arguments: Any) -> dict[str, Any]:
    try:
        data = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _argument(call: ScriptedCall, name: str) -> str:
    return str(call.arguments.get(name, "")) if isinstance(call.arguments, dict) else ""
