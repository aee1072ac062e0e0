"""The staff that plays: who answers a request, by the task's kind and deliverable.

Stateless: an answer derives from the request alone, so any number of missions may be played at once and each goes on
where it stood. A directive that begins with `[reference]` or `[startup]` chooses its scenario itself.
"""

import re
from collections.abc import Callable, Iterator

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall
from damascus.doubles.model.staff import engineer, reference, vp, writer
from damascus.doubles.model.staff.business import company_for
from damascus.doubles.model.staff.history import read_history
from damascus.doubles.model.staff.steps import StaffStep, StaffView, proceed

Play = Callable[[StaffView], Iterator[StaffStep]]

_STARTUP: dict[str, Play] = {
    "plan": vp.plan,
    "synthesis": vp.synthesis,
    "answer": writer.reply,
    "report": writer.write,
    "code": engineer.build,
    "note": writer.note,
}
SCENARIOS: dict[str, dict[str, Play]] = {
    "startup": _STARTUP,
    "reference": {**_STARTUP, "plan": reference.plan, "report": reference.write},
}
_CHOSEN = re.compile(rf"\s*\[({'|'.join(SCENARIOS)})\]\s*")


def answer(ask: ChatRequest, scenario: str) -> ScriptedAnswer:
    """What the staff says next."""
    history = read_history(ask.messages)
    if not ask.tools:
        return ScriptedAnswer(
            "I am the rehearsal model: I play a script and only know how to work with the company's tools."
        )
    if not ask.task.id:
        used = bool(history.done)
        return ScriptedAnswer("Done." if used else "Let me try.", () if used else (ScriptedCall(min(ask.tools), {}),))
    chosen = _CHOSEN.match(ask.task.directive)
    directive = ask.task.directive[chosen.end() :] if chosen else ask.task.directive
    plays = SCENARIOS[chosen.group(1) if chosen else scenario]
    part = ask.task.deliverable if ask.task.kind == "work" else ask.task.kind
    desk = StaffView(ask, company_for(directive), history)
    return proceed(desk, plays.get(part, writer.note)(desk))
