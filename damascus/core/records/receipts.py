"""Receipts: what the program itself checked before it called a task done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReceiptKind(StrEnum):
    """What was checked."""

    PLAN = "plan"
    NOTE = "note"
    REPORT = "report"
    SOURCES = "sources"
    TESTS = "tests"
    COMMIT = "commit"
    ACCEPTANCE = "acceptance"


@dataclass(frozen=True, slots=True)
class ReceiptDetail:
    """What was found, for programs; a kind uses its own fields, the others are None.

    A report has `path` and `characters`, a note `characters`; sources have the trail entries that were cited in
    `sources`, or those of them that are not in the trail in `unknown`; a commit has `commit` and `repository`; tests
    have `commit`, `command`, its `exit_code` and `seconds`, how many `tests` passed, and
    of how many faults made on purpose (`mutants`) they `caught` how many; acceptance has the `line` that was checked.
    """

    path: str | None = None
    characters: int | None = None
    sources: tuple[str, ...] | None = None
    unknown: tuple[str, ...] | None = None
    repository: str | None = None
    commit: str | None = None
    command: str | None = None
    exit_code: int | None = None
    seconds: float | None = None
    tests: int | None = None
    mutants: int | None = None
    caught: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one check found: passed if `ok`. `text` says what was checked, and what is to be done if it failed."""

    id: str
    mission_id: str
    task_id: str
    kind: ReceiptKind
    ok: bool
    text: str
    detail: ReceiptDetail
    created_at: datetime


def standing(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Return what still counts of a mission's receipts, which are in the order of their issue: the last of each check.

    A check is of a task, a kind and, where they are named, a repository and a line of the task's acceptance. What was
    checked at one moment is of several checks.
    """
    found: list[Receipt] = []
    for receipt in reversed(receipts):
        if not any(_is_again(receipt, later) for later in found):
            found.append(receipt)
    return found[::-1]


def _is_again(receipt: Receipt, later: Receipt) -> bool:
    return (
        (receipt.task_id, receipt.kind, receipt.detail.line) == (later.task_id, later.kind, later.detail.line)
        and receipt.detail.repository in (None, later.detail.repository)
        and receipt.created_at != later.created_at
    )
