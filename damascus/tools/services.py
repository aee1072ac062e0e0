"""What tools are made of; `composition` fills it in."""

from dataclasses import dataclass, field
from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.settings import Settings
from damascus.forge.port import Forge
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import Embedder
from damascus.llm.embeddings import EmbeddingsClient
from damascus.web.port import Web
from damascus.work.budget.paid_call import PaidCalls, PaidEmbeddings
from damascus.work.delivery.forge_sync import ForgeSync
from damascus.work.outbox import Outbox
from damascus.work.receipts.check import ReceiptChecker
from damascus.work.task_lease import TaskLease
from damascus.workshop.background import BackgroundCommands
from damascus.workshop.port import Workshop, WorkshopFacts


@dataclass(frozen=True, slots=True)
class ToolServices:
    """The services and ports below that tools are made of.

    `shared` is the folder that people read, `workspaces` that of the working copies. `roles` are those
    that work can be given to, `coders` those of them that can push code. `forge_sync` brings pushed code to a remote
    forge. `receipts` is what checks that work is done,
    `web` the way to pages outside, `memory` what is known from earlier missions.
    `rehearsal` is set if the rehearsal stands in for a model.
    `root` is the company's folder.
    `workshop_facts` is what commands find, None where the workshop did not say; `background` are the commands that run
    in it while their tasks do other things.
    """

    outbox: Outbox
    forge: Forge
    workshop: Workshop
    shared: Path
    workspaces: Path
    roles: frozenset[str]
    coders: frozenset[str]
    clock: Clock
    settings: Settings
    rehearsal: bool
    forge_sync: ForgeSync
    receipts: ReceiptChecker
    web: Web
    memory: CompanyMemory
    workshop_facts: WorkshopFacts | None = None
    background: BackgroundCommands = field(default_factory=BackgroundCommands)
    embeddings: EmbeddingsClient | None = None
    root: Path = Path()

    def embedder_for(self, lease: TaskLease) -> Embedder | None:
        """Return who turns texts into vectors on a task's account; None if nobody does."""
        if self.embeddings is None:
            return None
        return PaidEmbeddings(self.embeddings, PaidCalls(self.outbox, lease, self.settings, self.clock))
