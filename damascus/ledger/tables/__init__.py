"""One file per noun: the table, and the frozen row that readers get."""

from damascus.ledger.tables import (
    agents,
    artifacts,
    budgets,
    desk_items,
    directives,
    events,
    forge_syncs,
    leases,
    messages,
    missions,
    model_paces,
    policies,
    proposals,
    receipts,
    tasks,
    turns,
    usage,
)
from damascus.ledger.tables.columns import metadata

__all__ = [
    "agents",
    "artifacts",
    "budgets",
    "desk_items",
    "directives",
    "events",
    "forge_syncs",
    "leases",
    "messages",
    "metadata",
    "missions",
    "model_paces",
    "policies",
    "proposals",
    "receipts",
    "tasks",
    "turns",
    "usage",
]
