"""One file per noun: the table, and the frozen row that readers get."""

from damascus.ledger.tables import (
    agents,
    approvals,
    artifacts,
    budgets,
    directives,
    events,
    leases,
    messages,
    missions,
    outgoing,
    policies,
    proposals,
    receipts,
    tasks,
    turns,
    usage,
)
from damascus.ledger.tables.base import metadata

__all__ = [
    "agents",
    "approvals",
    "artifacts",
    "budgets",
    "directives",
    "events",
    "leases",
    "messages",
    "metadata",
    "missions",
    "outgoing",
    "policies",
    "proposals",
    "receipts",
    "tasks",
    "turns",
    "usage",
]
