"""How a run of a task begins: with the very words that were sent before, and news behind the transcript.

What was sent once stays as it is, though the ledger knows more by now: a provider bills a repeated beginning at a
fraction of its price, and a model finds what it was told where it was told it.
"""

from dataclasses import replace

from agents import prompt
from agents.context.offered_tools import OPENS_CODE
from agents.context.task_context import TaskContext
from agents.journal import Journal
from agents.run import Beginning
from damascus.core.records.openings import Opening, ToldSoFar
from damascus.staff.personas import Persona


def _shown(context: TaskContext, sent: Opening | None) -> tuple[str, ...]:
    """Return the tools that were shown before; those that open code join them once there is some."""
    if sent is None or not sent.told.tools:
        return context.tools
    if OPENS_CODE & set(sent.told.tools):
        return sent.told.tools
    return tuple(sorted({*sent.told.tools, *(OPENS_CODE & set(context.tools))}))


def begin(persona: Persona, context: TaskContext, journal: Journal, sent: Opening | None) -> Beginning:
    """Return how a run begins; `sent` is what an earlier run of its task began with.

    An opening that nothing has answered yet is rendered again, and written with the next thing in the journal.
    """
    task = context.task
    told = ToldSoFar(
        max((event.seq for event in context.trail), default=0),
        tuple(message.id for message in context.messages),
        tuple(rule.id for rule in context.rules),
        _shown(context, sent),
        () if sent is None else sent.told.words,
    )
    if sent is None or not journal.turns:
        system, assignment = (message["content"] for message in prompt.render(persona, context))
        opening = Opening(task.id, system, assignment, told)
        journal.begin(opening)
        return Beginning(opening)
    since = replace(
        context,
        trail=tuple(entry for entry in context.trail if entry.seq > sent.told.event and entry.task_id != task.id),
        messages=tuple(message for message in context.messages if message.id not in sent.told.messages),
        rules=tuple(rule for rule in context.rules if rule.id not in sent.told.rules),
    )
    news = prompt.render_news(since) if since.trail or since.messages or since.rules else ""
    return Beginning(replace(sent, told=replace(told, event=max(told.event, sent.told.event))), news)
