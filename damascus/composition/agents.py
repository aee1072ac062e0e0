"""Builds what agents work with: the company's common parts and the model, tools, forge and workshop."""

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from damascus.bus.streams import Bus
from damascus.composition.company import Company, open_company
from damascus.composition.workshop import choose_workshop
from damascus.core.clock import Clock
from damascus.core.errors import Unavailable
from damascus.core.settings import Settings
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.local import LocalForge
from damascus.forge.port import Forge
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from damascus.staff.playbooks import Playbook, company_playbook
from damascus.tools.registry import ToolRegistry, ToolServices, build_registry
from damascus.web.remote import RemoteWeb
from damascus.work.delivery.forge_sync import ForgeSync
from damascus.work.delivery.workspace_collector import WorkspaceCollector
from damascus.work.learnt_models import SharedLearntModels
from damascus.work.outbox import Outbox
from damascus.work.receipts.check import ReceiptChecker
from damascus.workshop.port import Workshop, WorkshopFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentServices:
    """Everything that an agent uses; `roles` are those that a plan may name, `root` is the company's folder."""

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

    def playbook(self, name: str) -> Playbook:
        """Return a playbook as its file is now. Raises Misconfigured, with a list of all, if it is not there."""
        return company_playbook(self.root, name)


def choose_forge(settings: Settings, clock: Clock) -> Forge:
    """Return the forge that the settings name."""
    folders = settings.shared / "git", settings.home / "git-dirs"
    return GiteaForge(*folders, settings.forge, clock) if settings.forge.kind == "gitea" else LocalForge(*folders)


@asynccontextmanager
async def open_agent_services(
    settings: Settings, root: Path, roles: Collection[str], coders: Collection[str]
) -> AsyncIterator[AgentServices]:
    """Build what agents work with, and close it at the end of the block; `coders` are the roles that can push code."""
    async with open_company(settings, is_office=False) as company:
        forge = choose_forge(settings, company.clock)
        forge_sync = ForgeSync(company.outbox, forge, company.clock, settings.shared)
        workshop = choose_workshop(settings, company.clock, root)
        receipts = ReceiptChecker(
            outbox=company.outbox, forge=forge, workshop=workshop,
            checks=settings.checks, shared=settings.shared, workspaces=settings.workspaces,
        )  # fmt: skip
        services = ToolServices(
            outbox=company.outbox,
            forge=forge,
            workshop=workshop,
            shared=settings.shared,
            workspaces=settings.workspaces,
            roles=frozenset(roles),
            coders=frozenset(coders),
            clock=company.clock,
            settings=settings,
            rehearsal=settings.model.rehearsal,
            forge_sync=forge_sync,
            receipts=receipts,
            web=RemoteWeb(settings.web, settings.home, company.clock),
            workshop_facts=await _facts(workshop),
        )
        model = _model(settings, company)
        try:
            yield AgentServices(
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
                memory=CompanyMemory(company.outbox),
            )
        finally:
            await forge_sync.close()
            await model.close()


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


def _collector(settings: Settings, outbox: Outbox, forge: Forge, clock: Clock) -> WorkspaceCollector:
    keep = settings.limits.keep_workspaces
    return WorkspaceCollector(outbox, forge, clock, settings.workspaces, settings.checks, keep)
