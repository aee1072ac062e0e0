"""What goes into the append-only log: the kinds of event, and the payload each one carries.

Events with a kind in TRAIL are the trail: what agents leave for each other and cite as sources.
Every payload is a frozen model with a version; tests/unit/core/golden_events.json holds one of each so
that old ledgers still load.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from damascus.core.errors import Invalid
from damascus.core.records.budgets import BudgetChange
from damascus.core.records.desk_items import DeskItemKind
from damascus.core.records.sources import Mark
from damascus.core.records.workers import WorkerMove
from damascus.core.validation import explain


class EventKind(StrEnum):
    """Kinds of event; the first eleven are the trail's, of which agents themselves leave the first eight."""

    LOG = "log"
    FINDING = "finding"
    CODE_SNIPPET = "code_snippet"
    SUMMARY = "summary"
    ERROR = "error"
    REQUEST_FOR_HELP = "request_for_help"
    STATUS_UPDATE = "status_update"
    COMPLETION = "completion"
    SOURCE = "source"
    ANSWER = "answer"
    COMMAND = "command"
    DIRECTIVE = "directive"
    PROPOSAL = "proposal"
    MISSION = "mission"
    TASK = "task"
    TURN = "turn"
    COMPACTION = "compaction"
    RECEIPT = "receipt"
    BUDGET = "budget"
    DESK = "desk"
    ARTIFACT = "artifact"
    FORGE = "forge"
    MEMORY = "memory"
    VERDICT = "verdict"
    MESSAGE = "message"
    POLICY = "policy"
    WORKER = "worker"


TRAIL = frozenset(list(EventKind)[:11])
LEFT_BY_AGENTS = frozenset(list(EventKind)[:8])


class Payload(BaseModel):
    """What every payload has: a version, raised when its fields change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    v: Literal[1] = 1


class TrailNote(Payload):
    """A trail entry in words: log, finding, summary, error, request_for_help, status_update, completion; what the CEO
    answered, and what a command came to.
    """

    text: str = Field(min_length=1, max_length=20_000)
    source: str | None = Field(default=None, max_length=2_000, description="where it was found, if anywhere")

    mark: Mark | None = Field(default=None, description="what the program knows of its origin")
    passage: str | None = Field(default=None, max_length=1_000, description="what the page says, word for word")


class SourceRead(Payload):
    """A page was read and kept: `text` names it in one line, `source_id` is its row, `sha256` of all that is kept."""

    text: str = Field(min_length=1, max_length=3_000)
    source_id: str
    url: str = Field(max_length=2_000)
    sha256: str | None = Field(None, max_length=64)


class CodeSnippet(Payload):
    """A trail entry that carries code."""

    text: str = Field(min_length=1, max_length=20_000)
    language: str = Field(default="text", max_length=40)


class StateChange(Payload):
    """A thing changed its state: `id` of the row, the state it left (null when new), the state it is in, and why."""

    id: str
    before: str | None = None
    after: str
    reason: str | None = None


class RequestMoved(StateChange):
    """A request was put on the CEO's desk, decided or taken away: what it asks for, and the limit that it wants."""

    kind: DeskItemKind | None = Field(default=None, description="null in what was written before that was told")
    amount: int | None = Field(default=None, description="in micro-USD, or in the unit of a free model's limit")


class TurnTaken(Payload):
    """A turn was recorded: its place in the transcript, who spoke, the names of the tools called, and what it cost."""

    turn_id: str
    n: int
    role: str
    tools: list[str] = Field(default_factory=list)
    cost_microusd: int | None = Field(default=None, description="null in what was written before that was told")


class ConversationCompacted(Payload):
    """The conversation up to the turn `until` no longer fits its model's context: `chars` of text stand for it now.

    `summed_up`: a model made a summary; otherwise the program listed the steps.
    """

    compaction_id: str
    until: int
    chars: int
    summed_up: bool


class ReceiptIssued(Payload):
    """The program checked a claim; `ok` is what it found."""

    receipt_id: str
    kind: str
    ok: bool
    text: str


class VerdictGiven(Payload):
    """A gate's task said `go` or `stop`, or it was decided what follows on its `stop`; `id` is the task's."""

    id: str
    verdict: str
    number: float | None = None
    text: str
    decision: str | None = None


class BudgetMoved(Payload):
    """A limit was warned about, reached or raised; micro-USD."""

    scope: str
    spent: int
    limit: int
    what: BudgetChange


class MessageSent(Payload):
    """One wrote to another; its words are the message's. `from` and `to` are roles, `ceo` or `all`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: str
    sender: str = Field(alias="from")
    to: str
    type: str


class PolicyChanged(Payload):
    """The CEO changed a policy: what it was before, and what it is."""

    key: str
    before: dict[str, Any]
    after: dict[str, Any]


class WorkerMoved(Payload):
    """A worker of the author's role came, or left: `seen_at` is its last heartbeat. Short absences are not noted."""

    worker: str
    move: WorkerMove
    seen_at: datetime


class ArtifactMade(Payload):
    """A report or a commit came to be; `path` is relative to the shared folder."""

    artifact_id: str
    kind: str
    name: str
    path: str


_NOTES = {kind: TrailNote for kind in TRAIL - {EventKind.CODE_SNIPPET, EventKind.SOURCE}}
PAYLOADS: dict[EventKind, type[Payload]] = {
    **_NOTES,
    EventKind.CODE_SNIPPET: CodeSnippet,
    EventKind.SOURCE: SourceRead,
    EventKind.DIRECTIVE: StateChange,
    EventKind.PROPOSAL: StateChange,
    EventKind.MISSION: StateChange,
    EventKind.TASK: StateChange,
    EventKind.DESK: RequestMoved,
    EventKind.FORGE: StateChange,
    EventKind.MEMORY: StateChange,
    EventKind.TURN: TurnTaken,
    EventKind.COMPACTION: ConversationCompacted,
    EventKind.VERDICT: VerdictGiven,
    EventKind.RECEIPT: ReceiptIssued,
    EventKind.BUDGET: BudgetMoved,
    EventKind.ARTIFACT: ArtifactMade,
    EventKind.MESSAGE: MessageSent,
    EventKind.POLICY: PolicyChanged,
    EventKind.WORKER: WorkerMoved,
}


def read_payload(kind: str, data: dict[str, Any]) -> Payload:
    """Return the typed payload of an event. Raises Invalid if the kind is unknown, or does not have such a payload."""
    try:
        return PAYLOADS[EventKind(kind)].model_validate(data)
    except ValueError as error:
        if isinstance(error, ValidationError):
            raise Invalid(f"{kind} payload: {explain(error)}") from error
        raise Invalid(f"unknown event kind {kind!r}; known: {', '.join(EventKind)}") from error
