"""The staff that plays: who answers a request, by the task's kind and deliverable.

Stateless: an answer derives from the request alone, so any number of missions may be played at the same time, and each
continues where it stopped. A directive that begins with `[reference]` or `[startup]` chooses its scenario itself.
"""

import re
from collections.abc import Callable, Iterator

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall
from damascus.doubles.model.staff import (
    apprentice,
    by_the_book,
    careful,
    engineer,
    fixer,
    reference,
    reviewer,
    summary,
    vp,
    writer,
)
from damascus.doubles.model.staff.business import invent_business
from damascus.doubles.model.staff.history import read_history
from damascus.doubles.model.staff.steps import StaffStep, StaffView, play_steps

StaffPlay = Callable[[StaffView], Iterator[StaffStep]]

_STARTUP: dict[str, StaffPlay] = {
    "plan": vp.plan,
    "synthesis": vp.synthesis,
    "answer": writer.reply,
    "review": reviewer.review,
    "report": writer.write,
    "code": engineer.build,
    "note": writer.note,
}
SCENARIOS: dict[str, dict[str, StaffPlay]] = {
    "startup": _STARTUP,
    "reference": {**_STARTUP, "plan": reference.plan, "report": reference.write},
    "careful": {**_STARTUP, "plan": careful.plan, "report": careful.write},
    "by-the-book": {**_STARTUP, "plan": by_the_book.plan},
    "apprentice": {**_STARTUP, "plan": apprentice.plan, "report": apprentice.write, "code": apprentice.build},
}
_CHOSEN = re.compile(rf"\s*\[({'|'.join(SCENARIOS)})\]\s*")


def staff_answer(request: ChatRequest, scenario: str) -> ScriptedAnswer:
    """Return what the staff answers to the request."""
    history = read_history(request.messages)
    if request.role == summary.ROLE:
        return summary.sum_up(request.messages)
    if not request.tools:
        return ScriptedAnswer(
            "I am the rehearsal model: I play a script and only know how to work with the company's tools."
        )
    if not request.task.id:
        if history.done:
            return ScriptedAnswer("Done.")
        return ScriptedAnswer("Let me try.", (ScriptedCall(min(request.tools), {}),))
    chosen = _CHOSEN.match(request.task.directive)
    directive = request.task.directive[chosen.end() :] if chosen else request.task.directive
    plays = SCENARIOS[chosen.group(1) if chosen else scenario]
    if request.task.existing_code:
        changes = {"plan": fixer.plan, "code": fixer.change}
        plays = {**plays, **changes} if plays["plan"] is not by_the_book.plan else {**plays, "code": fixer.change}
    part = request.task.deliverable if request.task.kind == "work" else request.task.kind
    view = StaffView(request, invent_business(directive), history)
    return play_steps(view, plays.get(part, writer.note)(view))
