"""The staff that plays: who answers a request, by the task's kind and deliverable.

Stateless: an answer derives from the request alone, so any number of missions may be played at once and each goes on
where it stood. A directive that begins with `[reference]` or `[startup]` chooses its scenario itself.
"""

import re
from collections.abc import Callable, Iterator

from damascus.llm.rehearsal.answers import Answer, Call
from damascus.llm.rehearsal.asks import Ask
from damascus.llm.rehearsal.staff import engineer, reference, vp, writer
from damascus.llm.rehearsal.staff.company import company_for
from damascus.llm.rehearsal.staff.history import read_history
from damascus.llm.rehearsal.staff.steps import Desk, Step, proceed

Play = Callable[[Desk], Iterator[Step]]

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


def answer(ask: Ask, scenario: str) -> Answer:
    """What the staff says next."""
    history = read_history(ask.messages)
    if not ask.tools:
        return Answer("I am the rehearsal model: I play a script and only know how to work with the company's tools.")
    if not ask.task.id:
        used = bool(history.done)
        return Answer("Done." if used else "Let me try.", () if used else (Call(min(ask.tools), {}),))
    chosen = _CHOSEN.match(ask.task.directive)
    directive = ask.task.directive[chosen.end() :] if chosen else ask.task.directive
    plays = SCENARIOS[chosen.group(1) if chosen else scenario]
    part = ask.task.deliverable if ask.task.kind == "work" else ask.task.kind
    desk = Desk(ask, company_for(directive), history)
    return proceed(desk, plays.get(part, writer.note)(desk))
