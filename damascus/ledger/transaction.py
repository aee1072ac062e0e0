"""One unit of work: every repository on one connection, what to send afterwards, and one time of day."""

from datetime import datetime
from functools import cached_property

from damascus.core.clock import Clock
from damascus.ledger.queries.agents import AgentQueries
from damascus.ledger.queries.artifacts import ArtifactQueries
from damascus.ledger.queries.budgets import BudgetQueries, ReservationQueries
from damascus.ledger.queries.desk_items import DeskItemQueries
from damascus.ledger.queries.directives import DirectiveQueries
from damascus.ledger.queries.events import EventQueries
from damascus.ledger.queries.forge_syncs import ForgeSyncQueries
from damascus.ledger.queries.leases import LeaseQueries
from damascus.ledger.queries.messages import MessageQueries
from damascus.ledger.queries.missions import MissionQueries
from damascus.ledger.queries.policies import PolicyQueries
from damascus.ledger.queries.proposals import ProposalQueries
from damascus.ledger.queries.receipts import ReceiptQueries
from damascus.ledger.queries.tasks import TaskQueries
from damascus.ledger.queries.turns import TurnQueries
from damascus.ledger.queries.usage import UsageQueries
from damascus.ledger.session import Session


class Transaction:
    """The repositories of one transaction; `now` is the same for all that it writes."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self.now: datetime = clock.now()

    @cached_property
    def agents(self) -> AgentQueries:
        return AgentQueries(self._session)

    @cached_property
    def desk_items(self) -> DeskItemQueries:
        return DeskItemQueries(self._session)

    @cached_property
    def artifacts(self) -> ArtifactQueries:
        return ArtifactQueries(self._session)

    @cached_property
    def budgets(self) -> BudgetQueries:
        return BudgetQueries(self._session)

    @cached_property
    def reservations(self) -> ReservationQueries:
        return ReservationQueries(self._session)

    @cached_property
    def directives(self) -> DirectiveQueries:
        return DirectiveQueries(self._session)

    @cached_property
    def events(self) -> EventQueries:
        return EventQueries(self._session, self.now)

    @cached_property
    def leases(self) -> LeaseQueries:
        return LeaseQueries(self._session)

    @cached_property
    def messages(self) -> MessageQueries:
        return MessageQueries(self._session, self.now)

    @cached_property
    def missions(self) -> MissionQueries:
        return MissionQueries(self._session)

    @cached_property
    def forge_syncs(self) -> ForgeSyncQueries:
        return ForgeSyncQueries(self._session)

    @cached_property
    def policies(self) -> PolicyQueries:
        return PolicyQueries(self._session)

    @cached_property
    def proposals(self) -> ProposalQueries:
        return ProposalQueries(self._session)

    @cached_property
    def receipts(self) -> ReceiptQueries:
        return ReceiptQueries(self._session)

    @cached_property
    def tasks(self) -> TaskQueries:
        return TaskQueries(self._session)

    @cached_property
    def turns(self) -> TurnQueries:
        return TurnQueries(self._session)

    @cached_property
    def usage(self) -> UsageQueries:
        return UsageQueries(self._session)
