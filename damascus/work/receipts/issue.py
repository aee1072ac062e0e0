"""Receipts as rows: what a check found becomes one, and the log says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from damascus.core.events import EventKind, ReceiptIssued
from damascus.core.ids import new_id
from damascus.core.records.receipts import Receipt, ReceiptDetail, ReceiptKind
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import Transaction

NO_DETAIL = ReceiptDetail()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found; `text` tells an agent what to do next if it is not `ok`."""

    kind: ReceiptKind
    ok: bool
    text: str
    detail: ReceiptDetail = NO_DETAIL


def receipts_of(task: Task, results: Sequence[CheckResult], now: datetime) -> list[Receipt]:
    """Return a task's receipts for what was checked, not yet written."""
    return [
        Receipt(new_id("rcp"), task.mission_id, task.id, result.kind, result.ok, result.text, result.detail, now)
        for result in results
    ]


async def write(tx: Transaction, receipts: Sequence[Receipt]) -> None:
    """Add the rows, and an event for each."""
    await tx.receipts.add(*receipts)
    for receipt in receipts:
        issued = ReceiptIssued(receipt_id=receipt.id, kind=receipt.kind, ok=receipt.ok, text=receipt.text)
        tx.events.append(EventKind.RECEIPT, "office", issued, receipt.mission_id, receipt.task_id)


def unmet(receipts: Sequence[Receipt]) -> str | None:
    """Return what is still to be done, as a text for the agent. Returns None if every receipt is `ok`."""
    faults = [receipt.text for receipt in receipts if not receipt.ok]
    return "Not done yet:\n" + "\n".join(f"- {fault}" for fault in faults) if faults else None
