"""One answer of the staff: text, tool calls, and what a fault or a script sets beside them."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ScriptedCall:
    """A tool call; `arguments` is a JSON object, or a string where a fault wants it malformed."""

    name: str
    arguments: dict[str, Any] | str

    @property
    def json(self) -> str:
        """The arguments as text."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class ScriptedAnswer:
    """One answer of the staff; `usage` replaces the counted usage where a fault sets it ({}: none at all)."""

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    finish_reason: str = ""
    reasoning: str = ""
    refusal: str = ""
    usage: dict[str, Any] | None = None

    @property
    def finish(self) -> str:
        """The finish_reason as it is sent."""
        return self.finish_reason or ("tool_calls" if self.calls else "stop")

    @property
    def size(self) -> int:
        """Its length in characters."""
        chars = len(self.text) + len(self.reasoning) + len(self.refusal)
        return chars + sum(len(call.name) + len(call.json) for call in self.calls)
