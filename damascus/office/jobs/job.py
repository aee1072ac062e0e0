"""What a periodic job of the daemon is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from damascus.composition.company import Company
from damascus.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Tick:
    """One round of the daemon that leads.

    `roles` are those of the staff; `in_grace_period`: leases may have run out that no worker could renew; `is_first`
    since this office leads.
    """

    company: Company
    roles: Sequence[str]
    in_grace_period: bool
    is_first: bool = False


InTransaction = Callable[[Transaction, Tick], Awaitable[int]]
AfterCommit = Callable[[Tick], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """A job under the name of what it counts.

    `in_transaction` commits together with the leader's lease, so that only a leader does it; `after_commit` opens its
    own transactions, and must do no harm if two daemons do it. Each returns how many things it did.
    """

    name: str
    in_transaction: InTransaction | None = None
    after_commit: AfterCommit | None = None
