"""One unit of work: the queries of every table on one connection, and one time of day.

What only reads has a type of its own, without writers: code that is given a `ReadTransaction` cannot write by mistake.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Generic, Protocol, Self, TypeVar, overload

from damascus.core.clock import Clock
from damascus.ledger.queries.agents import AgentQueries, AgentReads
from damascus.ledger.queries.artifacts import ArtifactQueries, ArtifactReads
from damascus.ledger.queries.budgets import BudgetQueries, BudgetReads, ReservationQueries, ReservationReads
from damascus.ledger.queries.compactions import CompactionQueries, CompactionReads
from damascus.ledger.queries.desk_items import DeskItemQueries, DeskItemReads
from damascus.ledger.queries.directives import DirectiveQueries, DirectiveReads
from damascus.ledger.queries.events import EventQueries, EventReads
from damascus.ledger.queries.forge_syncs import ForgeSyncQueries, ForgeSyncReads
from damascus.ledger.queries.learnt_models import LearntModelQueries, LearntModelReads
from damascus.ledger.queries.leases import LeaseQueries
from damascus.ledger.queries.memories import (
    MemoryQueries,
    MemoryReads,
    MemorySourceQueries,
    MemorySourceReads,
    MemoryUseQueries,
    MemoryUseReads,
)
from damascus.ledger.queries.memory_vectors import MemoryVectorQueries, MemoryVectorReads
from damascus.ledger.queries.messages import MessageQueries, MessageReads
from damascus.ledger.queries.missions import MissionQueries, MissionReads
from damascus.ledger.queries.model_paces import ModelPaceQueries, ModelPaceReads
from damascus.ledger.queries.openings import OpeningQueries, OpeningReads
from damascus.ledger.queries.policies import PolicyQueries, PolicyReads
from damascus.ledger.queries.proposals import ProposalQueries, ProposalReads
from damascus.ledger.queries.quotes import QuoteQueries, QuoteReads
from damascus.ledger.queries.receipts import ReceiptQueries, ReceiptReads
from damascus.ledger.queries.relations import RelationQueries, RelationReads
from damascus.ledger.queries.reviews import ReviewQueries, ReviewReads
from damascus.ledger.queries.search import SearchQueries, SearchReads
from damascus.ledger.queries.sessions import LoginCodeQueries, LoginCodeReads, SessionQueries, SessionReads
from damascus.ledger.queries.sources import SourceQueries, SourceReads
from damascus.ledger.queries.tasks import TaskQueries, TaskReads
from damascus.ledger.queries.turns import TurnQueries, TurnReads
from damascus.ledger.queries.usage import UsageQueries, UsageReads
from damascus.ledger.queries.verdicts import VerdictQueries, VerdictReads
from damascus.ledger.queries.workers import WorkerQueries, WorkerReads
from damascus.ledger.session import Session

QueriesT = TypeVar("QueriesT", covariant=True)


class _Queries(Generic[QueriesT]):
    """An attribute of a transaction: its queries on one table, made when they are first asked for."""

    def __init__(self, make: "Callable[[Session, datetime], QueriesT]") -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, tx: None, owner: type) -> Self: ...
    @overload
    def __get__(self, tx: "ReadTransaction", owner: type) -> QueriesT: ...
    def __get__(self, tx: "ReadTransaction | None", owner: type) -> "QueriesT | Self":
        if tx is None:
            return self
        queries = tx.__dict__[self._name] = self._make(tx.session, tx.now)
        return queries


class ReadTransaction:
    """Reads, from one consistent view; `now` is the same throughout."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.session = session
        self.now: datetime = clock.now()

    agents = _Queries(AgentReads)
    artifacts = _Queries(ArtifactReads)
    budgets = _Queries(BudgetReads)
    reservations = _Queries(ReservationReads)
    compactions = _Queries(CompactionReads)
    desk_items = _Queries(DeskItemReads)
    directives = _Queries(DirectiveReads)
    events = _Queries(EventReads)
    forge_syncs = _Queries(ForgeSyncReads)
    memories = _Queries(MemoryReads)
    memory_sources = _Queries(MemorySourceReads)
    memory_uses = _Queries(MemoryUseReads)
    memory_vectors = _Queries(MemoryVectorReads)
    messages = _Queries(MessageReads)
    missions = _Queries(MissionReads)
    model_paces = _Queries(ModelPaceReads)
    learnt_models = _Queries(LearntModelReads)
    openings = _Queries(OpeningReads)
    policies = _Queries(PolicyReads)
    proposals = _Queries(ProposalReads)
    quotes = _Queries(QuoteReads)
    receipts = _Queries(ReceiptReads)
    relations = _Queries(RelationReads)
    login_codes = _Queries(LoginCodeReads)
    search = _Queries(SearchReads)
    sessions = _Queries(SessionReads)
    reviews = _Queries(ReviewReads)
    sources = _Queries(SourceReads)
    tasks = _Queries(TaskReads)
    turns = _Queries(TurnReads)
    usage = _Queries(UsageReads)
    verdicts = _Queries(VerdictReads)
    workers = _Queries(WorkerReads)


class Transaction(ReadTransaction):
    """Reads and writes; all that it writes bears the time `now`."""

    agents = _Queries(AgentQueries)
    artifacts = _Queries(ArtifactQueries)
    budgets = _Queries(BudgetQueries)
    reservations = _Queries(ReservationQueries)
    compactions = _Queries(CompactionQueries)
    desk_items = _Queries(DeskItemQueries)
    directives = _Queries(DirectiveQueries)
    events = _Queries(EventQueries)
    forge_syncs = _Queries(ForgeSyncQueries)
    memories = _Queries(MemoryQueries)
    memory_sources = _Queries(MemorySourceQueries)
    memory_uses = _Queries(MemoryUseQueries)
    memory_vectors = _Queries(MemoryVectorQueries)
    messages = _Queries(MessageQueries)
    missions = _Queries(MissionQueries)
    model_paces = _Queries(ModelPaceQueries)
    learnt_models = _Queries(LearntModelQueries)
    openings = _Queries(OpeningQueries)
    policies = _Queries(PolicyQueries)
    proposals = _Queries(ProposalQueries)
    quotes = _Queries(QuoteQueries)
    receipts = _Queries(ReceiptQueries)
    relations = _Queries(RelationQueries)
    login_codes = _Queries(LoginCodeQueries)
    search = _Queries(SearchQueries)
    sessions = _Queries(SessionQueries)
    reviews = _Queries(ReviewQueries)
    sources = _Queries(SourceQueries)
    tasks = _Queries(TaskQueries)
    turns = _Queries(TurnQueries)
    usage = _Queries(UsageQueries)
    verdicts = _Queries(VerdictQueries)
    workers = _Queries(WorkerQueries)
    leases = _Queries(LeaseQueries)


class Transactions(Protocol):
    """The outbox, or the ledger of a process that sends nothing."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def reading(self) -> AbstractAsyncContextManager[ReadTransaction]: ...
