"""What the API takes and returns, a file per noun. Read as `schemas.Mission` beside the record of the same noun."""

from damascus.api.schemas.base import Page, RequestBody, Schema
from damascus.api.schemas.budget import (
    Allowance,
    Budget,
    BudgetOverview,
    Call,
    LimitUpdate,
    MoneySeries,
    MoneySlice,
    Scope,
    Spend,
)
from damascus.api.schemas.desk import AnswerRequest, ApproveRequest, Decision, Decisions, DenyRequest, DeskItem
from damascus.api.schemas.directives import Directive, DirectiveCreate, Proposal
from damascus.api.schemas.events import Citing, Event, Hello, LiveOutput, LogEntry, LogPage
from damascus.api.schemas.health import Health, HealthCheck, HealthStatus
from damascus.api.schemas.memories import (
    Memory,
    MemoryCreate,
    MemoryDetail,
    MemoryNode,
    MemoryRelation,
    MemoryUpdate,
)
from damascus.api.schemas.missions import (
    Mission,
    MissionDetail,
    Quote,
    QuotedRange,
    QuotedTask,
    Said,
    SayRequest,
)
from damascus.api.schemas.now import Because, Doing, Now
from damascus.api.schemas.policies import Playbook, PlaybookPast, Policies, PolicyChange, PolicyDetail, PolicyUpdate
from damascus.api.schemas.receipts import Receipt
from damascus.api.schemas.reports import Report, ReportSource, ReportText
from damascus.api.schemas.repositories import CodeFile, CodeTree, Commit, CommitDetail, Repository, TreeEntry
from damascus.api.schemas.search import Hit, SearchResult
from damascus.api.schemas.sessions import LogIn, LoginCode, LoginCodeRequest, OwnSession, WebSession
from damascus.api.schemas.sources import Source, SourceText
from damascus.api.schemas.staff import StaffMember, StaffWorker
from damascus.api.schemas.tasks import Compaction, Deliverable, Opening, Task, Turn, Verdict

__all__ = [
    "Allowance",
    "AnswerRequest",
    "ApproveRequest",
    "Because",
    "Budget",
    "BudgetOverview",
    "Call",
    "Citing",
    "CodeFile",
    "CodeTree",
    "Commit",
    "CommitDetail",
    "Compaction",
    "Decision",
    "Decisions",
    "Deliverable",
    "DenyRequest",
    "DeskItem",
    "Directive",
    "DirectiveCreate",
    "Doing",
    "Event",
    "Health",
    "HealthCheck",
    "HealthStatus",
    "Hello",
    "Hit",
    "LimitUpdate",
    "LiveOutput",
    "LogEntry",
    "LogIn",
    "LogPage",
    "LoginCode",
    "LoginCodeRequest",
    "Memory",
    "MemoryCreate",
    "MemoryDetail",
    "MemoryNode",
    "MemoryRelation",
    "MemoryUpdate",
    "Mission",
    "MissionDetail",
    "MoneySeries",
    "MoneySlice",
    "Now",
    "Opening",
    "OwnSession",
    "Page",
    "Playbook",
    "PlaybookPast",
    "Policies",
    "PolicyChange",
    "PolicyDetail",
    "PolicyUpdate",
    "Proposal",
    "Quote",
    "QuotedRange",
    "QuotedTask",
    "Receipt",
    "Report",
    "ReportSource",
    "ReportText",
    "Repository",
    "RequestBody",
    "Said",
    "SayRequest",
    "Schema",
    "Scope",
    "SearchResult",
    "Source",
    "SourceText",
    "Spend",
    "StaffMember",
    "StaffWorker",
    "Task",
    "TreeEntry",
    "Turn",
    "Verdict",
    "WebSession",
]  # fmt: skip
