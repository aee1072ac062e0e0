"""One unit of work: every repository on one connection, what to send afterwards, and one time of day."""

from datetime import datetime
from functools import cached_property

from damascus.core.clock import Clock
from damascus.ledger.repositories.agents import Agents
from damascus.ledger.repositories.approvals import Approvals
from damascus.ledger.repositories.artifacts import Artifacts
from damascus.ledger.repositories.budgets import Budgets, Reservations
from damascus.ledger.repositories.directives import Directives
from damascus.ledger.repositories.events import Events
from damascus.ledger.repositories.leases import Leases
from damascus.ledger.repositories.messages import Messages
from damascus.ledger.repositories.missions import Missions
from damascus.ledger.repositories.outgoing import Outgoing
from damascus.ledger.repositories.policies import Policies
from damascus.ledger.repositories.proposals import Proposals
from damascus.ledger.repositories.receipts import Receipts
from damascus.ledger.repositories.tasks import Tasks
from damascus.ledger.repositories.turns import Turns
from damascus.ledger.repositories.usage import UsageRows
from damascus.ledger.session import Session


class Transaction:
    """The repositories of one transaction; `now` is the same for all that it writes."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self.now: datetime = clock.now()

    @cached_property
    def agents(self) -> Agents:
        return Agents(self._session)

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(self._session)

    @cached_property
    def artifacts(self) -> Artifacts:
        return Artifacts(self._session)

    @cached_property
    def budgets(self) -> Budgets:
        return Budgets(self._session)

    @cached_property
    def reservations(self) -> Reservations:
        return Reservations(self._session)

    @cached_property
    def directives(self) -> Directives:
        return Directives(self._session)

    @cached_property
    def events(self) -> Events:
        return Events(self._session, self.now)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self._session)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self._session, self.now)

    @cached_property
    def missions(self) -> Missions:
        return Missions(self._session)

    @cached_property
    def outgoing(self) -> Outgoing:
        return Outgoing(self._session)

    @cached_property
    def policies(self) -> Policies:
        return Policies(self._session)

    @cached_property
    def proposals(self) -> Proposals:
        return Proposals(self._session)

    @cached_property
    def receipts(self) -> Receipts:
        return Receipts(self._session)

    @cached_property
    def tasks(self) -> Tasks:
        return Tasks(self._session)

    @cached_property
    def turns(self) -> Turns:
        return Turns(self._session)

    @cached_property
    def usage(self) -> UsageRows:
        return UsageRows(self._session)
