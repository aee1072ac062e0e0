"""Which of its tools a task is shown: those that would only refuse are not.

They are looked up once and kept with the task's opening, so that each of its requests begins alike whatever the CEO
decides meanwhile; a tool that was allowed since is shown to the next task.
"""

from damascus.composition.agents import AgentServices
from damascus.ledger.transaction import ReadTransaction
from damascus.work import policies

WEB = frozenset({"web_search", "fetch_page"})
MEMORY = frozenset({"remember", "recall"})
RECALL = frozenset({"recall"})
BROWSER = frozenset({"screenshot"})


async def gather(tx: ReadTransaction, granted: frozenset[str], services: AgentServices) -> tuple[str, ...]:
    """Return the names of the tools of a task that policy, settings and ledger let it use, in order."""
    autonomy = await policies.autonomy(tx)
    denied = {name for name in granted if getattr(autonomy, services.registry.get(name).danger) == "deny"}
    useless = frozenset() if services.settings.web.enabled else WEB
    if services.workshop_facts is not None and not services.workshop_facts.has_working_browser:
        useless |= BROWSER
    if not (await policies.memory(tx)).use:
        useless |= MEMORY
    elif not await tx.memories.has_any():
        useless |= RECALL
    return tuple(sorted(granted - denied - useless))
