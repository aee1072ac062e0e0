"""The pace of a model: what all agents together may ask of it in a minute, and when it may be asked again.

One row per model in the ledger holds it for all processes. Requests are spread evenly, each as far from the one before
as the limit says: so no provider's way of counting is passed, and a process that dies leaves nothing behind but time.
The limit is the settings', else the one that a refusal named, for an hour. A refusal closes the model for everybody
until the time that it names, and without one for longer each time. Who has to wait for more than a moment is parked;
those who are parked go first, in their order (`tasks/model_queue.py`).

Not promised: that nobody else spends the quota of the same key; then the provider refuses, which costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from damascus.core.backoff import Backoff
from damascus.core.records.model_paces import ModelPace, Told
from damascus.core.records.tasks import Task
from damascus.core.settings import NamedModel
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction, Transaction

MINUTE_SECONDS = 63.0  # a minute's requests are spread over a little more: requests travel for unequal times
STAGGER_SECONDS = 1.0  # between two tasks that wait for the same model, where no limit is known and it refused last,
OPEN_STAGGER_SECONDS = 0.05  # and where it has answered since
MAX_WAIT_HERE_SECONDS = 5.0  # more than that is waited for outside of a worker
MAX_AHEAD = timedelta(seconds=MINUTE_SECONDS + 2 * MAX_WAIT_HERE_SECONDS)  # of `next_at`: else a clock was wrong
MAX_CLOCK_SKEW = timedelta(seconds=2)
TURN_LASTS = timedelta(seconds=60)
LEARNT_LASTS = timedelta(hours=1)
BACKOFF = Backoff(first_seconds=0.5, max_seconds=900.0)
NAMED_PAUSES = 2  # that are believed before they grow: some name a minute's end where a day's quota is used up
MAX_WHY_CHARS = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests and tokens a minute; None: no limit is known."""

    requests: int | None = None
    tokens: int | None = None

    def seconds(self, tokens: int) -> float:
        """Return how long after a request of so many tokens the next one may follow."""
        of_requests = MINUTE_SECONDS / self.requests if self.requests else 0.0
        of_tokens = MINUTE_SECONDS * min(tokens / self.tokens, 1.0) if self.tokens else 0.0
        return max(of_requests, of_tokens)

    def __str__(self) -> str:
        named = ((self.requests, "requests"), (self.tokens, "tokens"))
        return " and ".join(f"{limit:,} {unit}" for limit, unit in named if limit) + " a minute"


@dataclass(frozen=True, slots=True)
class MustWait:
    """Why a model cannot be asked now, and until when that is expected to last."""

    until: datetime
    why: str


class Paces:
    """The paces of all models, under the limits that the settings name."""

    def __init__(self, models: Mapping[str, NamedModel]) -> None:
        self._models = models

    async def take_turn(self, tx: Transaction, task: Task, model: str, tokens: int) -> float | MustWait:
        """Take the next place for a request of about so many tokens; returns the seconds until it may be sent.

        A task that was woken for its turn uses that. Nothing is taken where MustWait is returned.
        """
        if not self._configured(model) and await tx.model_paces.find(model) is None:
            return 0.0
        row = await self.lock(tx, model)
        rate = self.rate(row, tx.now)
        turn_at = task.wake_at if await tx.tasks.use_turn(task.id, model) else None
        if turn_at is not None and not -MAX_AHEAD <= tx.now - turn_at <= TURN_LASTS:
            turn_at = None  # its worker was away for too long, and others were sent meanwhile
        ahead = 0 if turn_at is not None or self._is_open(row, tx.now) else await tx.tasks.count_waiting(model)
        at = max(tx.now, row.closed_until, turn_at or row.next_at)
        if ahead or at - tx.now > timedelta(seconds=MAX_WAIT_HERE_SECONDS):
            await tx.model_paces.put(row)
            return self._must_wait(row, at, ahead, tx.now)
        following = max(row.next_at, at + timedelta(seconds=rate.seconds(tokens)))
        await tx.model_paces.put(replace(row, next_at=following))
        return (at - tx.now).total_seconds()

    async def put_off(self, tx: Transaction, model: str, told: Told) -> None:
        """Close a model for everybody, because its server refused a request for now; learn the limits it names."""
        row = await self.lock(tx, model)
        refusals = row.refusals + (row.closed_until <= tx.now)  # of those that were sent together one counts
        until = max(row.closed_until, tx.now + timedelta(seconds=_pause(told.seconds, refusals)))
        closed = replace(
            row, closed_until=until, told_at=tx.now, refusals=refusals, why=one_line(told.why, MAX_WHY_CHARS),
            requests_per_minute=told.requests_per_minute or row.requests_per_minute,
            tokens_per_minute=told.tokens_per_minute or row.tokens_per_minute,
        )  # fmt: skip
        await tx.model_paces.put(closed)
        await tx.tasks.put_off(model, until)

    async def open(self, tx: Transaction, model: str) -> None:
        """Let a model be asked again now, whatever its server said."""
        row = await self.lock(tx, model)
        await tx.model_paces.put(replace(row, closed_until=tx.now, next_at=tx.now))

    async def lock(self, tx: Transaction, model: str) -> ModelPace:
        """Return a model's pace for this transaction to change, without what a wrong clock wrote into it."""
        row = await tx.model_paces.lock(ModelPace(model, tx.now, tx.now, tx.now))
        ahead = row.told_at - tx.now
        if ahead > MAX_CLOCK_SKEW:
            row = replace(row, told_at=tx.now, closed_until=row.closed_until - ahead)
        return replace(row, next_at=min(row.next_at, tx.now + MAX_AHEAD))

    def rate(self, row: ModelPace, now: datetime) -> Rate:
        """Return the limits of a model: those of the settings, else those that its server named lately."""
        known = self._models.get(row.model) or NamedModel()
        is_fresh = now - row.told_at < LEARNT_LASTS
        return Rate(
            known.requests_per_minute or (row.requests_per_minute if is_fresh else None),
            known.tokens_per_minute or (row.tokens_per_minute if is_fresh else None),
        )

    def apart(self, row: ModelPace, now: datetime) -> timedelta:
        """Return how far from each other those who wait for a model are woken."""
        stagger = OPEN_STAGGER_SECONDS if self._is_open(row, now) else STAGGER_SECONDS
        return timedelta(seconds=max(self.rate(row, now).seconds(0), stagger))

    async def expected(self, tx: ReadTransaction, model: str, ahead: int) -> MustWait:
        """Return when a task with so many others before it may expect its turn."""
        row = await tx.model_paces.find(model) or ModelPace(model, tx.now, tx.now, tx.now)
        return self._must_wait(row, max(tx.now, row.closed_until, row.next_at), ahead, tx.now)

    def _must_wait(self, row: ModelPace, at: datetime, ahead: int, now: datetime) -> MustWait:
        rate = self.rate(row, now)
        until = at + ahead * self.apart(row, now)
        reasons = [row.why] if row.closed_until > now else [f"it takes {rate}"] if rate != Rate() else []
        if ahead:
            reasons.append(f"{ahead} task{'s' if ahead > 1 else ''} before it")
        return MustWait(until, ", ".join(reasons) or "its turn comes")

    def _is_open(self, row: ModelPace, now: datetime) -> bool:
        """Return whether a model has answered since it refused last, and is known to have no limit."""
        return row.refusals == 0 and row.closed_until <= now and self.rate(row, now) == Rate()

    def _configured(self, model: str) -> bool:
        known = self._models.get(model)
        return known is not None and bool(known.requests_per_minute or known.tokens_per_minute)


def _pause(named: float | None, refusals: int) -> float:
    if named is None:
        return BACKOFF.pause(refusals - 1)
    return named if refusals <= NAMED_PAUSES else max(named, BACKOFF.pause(refusals - 1))
