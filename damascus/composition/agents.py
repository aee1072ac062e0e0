"""Builds what agents work with: the company's common parts and the model, tools, forge and workshop."""

import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from damascus.bus.streams import Bus
from damascus.composition.company import Company, open_company
from damascus.composition.forge import choose_forge
from damascus.composition.workshop import choose_workshop
from damascus.core.clock import Clock
from damascus.core.errors import Misconfigured, Unavailable
from damascus.core.settings import Settings
from damascus.forge.port import Forge
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.mem0_index import Mem0Index
from damascus.knowledge.memory.people import Colleagues
from damascus.knowledge.memory.port import Embedder, MeaningIndex
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from damascus.llm.embeddings import EmbeddingsClient
from damascus.staff.playbooks import Playbook, company_playbook
from damascus.tools.registry import ToolRegistry, ToolServices, build_registry
from damascus.web.remote import RemoteWeb
from damascus.work.delivery.forge_sync import ForgeSync
from damascus.work.delivery.handover import Handover
from damascus.work.delivery.workspace_collector import WorkspaceCollector
from damascus.work.learnt_models import SharedLearntModels
from damascus.work.outbox import Outbox
from damascus.work.receipts.check import ReceiptChecker
from damascus.work.task_lease import TaskLease
from damascus.workshop.background import BackgroundCommands
from damascus.workshop.port import Workshop, WorkshopFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentServices:
    """Everything that an agent uses; `root` is the company's folder.

    `roles` are those that a plan may name, `coders` those of them that can push code.
    """

    settings: Settings
    clock: Clock
    ledger: Ledger
    bus: Bus
    outbox: Outbox
    model: ModelClient
    registry: ToolRegistry
    receipts: ReceiptChecker
    workshop: Workshop
    roles: frozenset[str]
    root: Path
    forge_sync: ForgeSync
    collector: WorkspaceCollector
    memory: CompanyMemory
    embedder_for: Callable[[TaskLease], Embedder | None]
    background: BackgroundCommands = field(default_factory=BackgroundCommands)
    workshop_facts: WorkshopFacts | None = None
    coders: frozenset[str] = frozenset()

    def playbook(self, name: str) -> Playbook:
        """Return a playbook as its file is now. Raises Misconfigured, with a list of all, if it is not there."""
        return company_playbook(self.root, name)


@asynccontextmanager
async def open_agent_services(
    settings: Settings, root: Path, roles: Collection[str], coders: Collection[str], names: Collection[str] = ()
) -> AsyncIterator[AgentServices]:
    """Build what agents work with, and close it at the end of the block.

    `coders` are the roles that can push code, `names` those of the personas.
    """
    async with open_company(settings, is_office=False) as company:
        forge = choose_forge(settings, company.clock)
        forge_sync = ForgeSync(company.outbox, forge, company.clock, settings.shared)
        workshop = choose_workshop(settings, company.clock, root)
        receipts = _receipts(settings, company.outbox, forge, workshop)
        embeddings = _embeddings(settings, company.clock)
        services = ToolServices(
            outbox=company.outbox, forge=forge, workshop=workshop, shared=settings.shared,
            workspaces=settings.workspaces, roles=frozenset(roles), coders=frozenset(coders), clock=company.clock,
            root=root, settings=settings, rehearsal=settings.model.rehearsal, forge_sync=forge_sync, receipts=receipts,
            web=RemoteWeb(settings.web, settings.home, company.clock), workshop_facts=await _facts(workshop),
            memory=_memory(company, embeddings, [*names, *roles]), embeddings=embeddings,
        )  # fmt: skip
        model = _model(settings, company)
        try:
            yield AgentServices(
                coders=frozenset(coders),
                settings=settings,
                clock=company.clock,
                ledger=company.ledger,
                bus=company.bus,
                outbox=company.outbox,
                model=model,
                registry=build_registry(services),
                receipts=receipts,
                workshop=workshop,
                roles=frozenset(roles),
                root=root,
                forge_sync=forge_sync,
                collector=_collector(settings, company.outbox, forge, company.clock),
                memory=services.memory,
                embedder_for=services.embedder_for,
                background=services.background,
                workshop_facts=services.workshop_facts,
            )
        finally:
            for part in (forge_sync, model, embeddings):
                if part is not None:
                    await part.close()


def _receipts(settings: Settings, outbox: Outbox, forge: Forge, workshop: Workshop) -> ReceiptChecker:
    return ReceiptChecker(
        outbox=outbox,
        forge=forge,
        workshop=workshop,
        checks=settings.checks,
        shared=settings.shared,
        workspaces=settings.workspaces,
        mutants_caught=settings.limits.mutants_caught,
        mutants_seconds=settings.limits.mutants_seconds,
    )


async def _facts(workshop: Workshop) -> WorkshopFacts | None:
    """Return what commands find, None if the workshop does not respond now: commands wait for it, agents need not."""
    try:
        return await workshop.facts()
    except Unavailable as error:
        log.warning("the workshop does not say what it is: %s", error)
        return None


def _model(settings: Settings, company: Company) -> ModelClient:
    learnt = SharedLearntModels(company.outbox)
    return ModelClient(settings.model, settings.model.base_url, company.clock, settings.models, learnt)


def _memory(company: Company, embeddings: EmbeddingsClient | None, colleagues: Collection[str]) -> CompanyMemory:
    index: MeaningIndex | None = None
    if embeddings is not None and company.settings.memory.backend == "mem0":
        named, folder = company.settings.memory.embeddings, company.settings.home / "mem0"
        if not embeddings.is_free:
            raise Misconfigured(
                "memory.backend mem0 pays past the budget: set `models: {NAME: {price: free}}`, or ledger"
            )
        index = Mem0Index(company.outbox, named, named.dimensions, folder)
    elif embeddings is not None:
        from damascus.knowledge.memory.vectors import LedgerVectors  # noqa: PLC0415  its NumPy costs each start 70 ms

        index = LedgerVectors(company.outbox)
    return CompanyMemory(company.outbox, index, Colleagues(frozenset(colleagues)))


def _embeddings(settings: Settings, clock: Clock) -> EmbeddingsClient | None:
    named = settings.memory.embeddings
    if not named.url:
        return None
    return EmbeddingsClient(named, clock, settings.models, settings.model.unknown_price)


def _collector(settings: Settings, outbox: Outbox, forge: Forge, clock: Clock) -> WorkspaceCollector:
    keep = settings.limits.keep_workspaces
    handover = Handover(outbox, forge, settings.shared)
    return WorkspaceCollector(outbox, forge, clock, settings.workspaces, settings.checks, keep, handover)
