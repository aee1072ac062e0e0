"""The lines of a task's acceptance that the program checks itself: of a report its text, of code the proven commit.

A check that cannot be made now has not passed. What is promised is what was measured, not that the line means it.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import DamascusError, Unavailable, WorkshopRefused
from damascus.core.records.acceptance import AcceptanceCheck, CheckKind
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import ReceiptDetail, ReceiptKind
from damascus.core.records.tasks import Task
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery.report_files import REPORTS_FOLDER
from damascus.work.delivery.report_length import length_of
from damascus.work.receipts.fresh_copy import ExportCommit, fresh_copy
from damascus.work.receipts.issue import CheckResult
from damascus.workshop.port import Workshop

MAX_NAMED = 3
MAX_OUTPUT_CHARS = 600
_LINK = re.compile(r"(?<!!)\[[^\[\]\n]{1,300}\]\(\s*<?([^()\s<>]{1,1000})>?[^()\n]{0,200}\)")
_BARE_URL = re.compile(r"(?<![(\w<])https?://[^\s<>()\[\]\"'`|]{3,1000}")
_ROW = re.compile(r"^\s*\|?(.+\|.*?)\|?\s*$")
_RULE = re.compile(r"^[\s|:-]*-[\s|:-]*$")
_SIGNS = re.compile(r"[*_`~\\]")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one line."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class ProvenCommit:
    """The commit that a task's code is checked at, and where its files are written and its commands run."""

    workshop: Workshop
    checks: Path
    export: ExportCommit
    sha: str


async def check_report(tx: ReadTransaction, task: Task, mission: Mission, body: str, shared: Path) -> list[CheckResult]:
    """Check the lines of a report's acceptance; `body` is its text without what the program added."""
    results = []
    for check in task.deliverable.checks:
        if check.kind == CheckKind.WORDS:
            found = _words(check, body)
        elif check.kind == CheckKind.COLUMNS:
            found = _columns(check, body)
        else:
            found = await _links(tx, mission, body, shared)
        results.append(_result(task, check, found))
    return results


async def check_commit(task: Task, commit: ProvenCommit) -> list[CheckResult]:
    """Check the lines of a code task's acceptance at the commit that is proven."""
    makes: dict[CheckKind, Callable[[AcceptanceCheck, ProvenCommit], Coroutine[Any, Any, Found]]]
    makes = {CheckKind.FILE: _file, CheckKind.COMMAND: _command}
    results = []
    for check in task.deliverable.checks:
        try:
            found = await makes[check.kind](check, commit)
        except (Unavailable, WorkshopRefused) as error:
            found = Found(False, f"could not be checked: {error}")
        results.append(_result(task, check, found))
    return results


def _result(task: Task, check: AcceptanceCheck, found: Found) -> CheckResult:
    line = one_line(task.acceptance[check.line - 1], 120) if check.line <= len(task.acceptance) else ""
    text = f"line {check.line} of its acceptance ({line}): {found.text}"
    return CheckResult(ReceiptKind.ACCEPTANCE, found.ok, text, ReceiptDetail(line=check.line))


def _words(check: AcceptanceCheck, body: str) -> Found:
    words = length_of(body).words
    least, most = check.at_least, check.at_most
    bounds = [f"at least {least:,}"] if least else []
    bounds += [f"at most {most:,}"] if most else []
    ok = (least or 0) <= words <= (words if most is None else most)
    return Found(ok, f"it has {words:,} words, {' and '.join(bounds)} are asked for")


def _columns(check: AcceptanceCheck, body: str) -> Found:
    wanted = {_plain(name): name for name in check.columns}
    heads = list(_heads(body))
    if any(wanted.keys() <= head for head in heads):
        return Found(True, f"a table has the columns {', '.join(check.columns)}")
    best = max(heads, key=lambda head: len(head & wanted.keys()), default=set[str]())
    lacking = ", ".join(name for plain, name in wanted.items() if plain not in best)
    return Found(False, f"no table has the columns {', '.join(check.columns)}; lacking: {lacking}")


def _heads(body: str) -> list[set[str]]:
    """Return the names of the columns of each Markdown table."""
    lines = body.splitlines()
    pairs = pairwise(lines)
    heads = (_ROW.match(head) for head, rule in pairs if "|" in head and "|" in rule and _RULE.match(rule))
    return [{_plain(cell) for cell in head[1].split("|")} for head in heads if head]


def _plain(name: str) -> str:
    return " ".join(_SIGNS.sub("", name).casefold().split())


async def _links(tx: ReadTransaction, mission: Mission, body: str, shared: Path) -> Found:
    targets = [unquote(target) for target in _LINK.findall(body)]
    targets += [url.rstrip(".,;:!?") for url in _BARE_URL.findall(body)]
    targets = [target for target in dict.fromkeys(targets) if not target.startswith("#")]
    if not targets:
        return Found(False, "the report has no link")
    lacking = [target for target in targets if not await _resolves(tx, mission, target, shared)]
    if lacking:
        named = ", ".join(one_line(target, 100) for target in lacking[:MAX_NAMED])
        return Found(
            False, f"{len(lacking)} of {len(targets)} links lead neither to a report nor to a page read: {named}"
        )
    return Found(True, f"{len(targets)} links lead to reports and pages of this mission")


async def _resolves(tx: ReadTransaction, mission: Mission, target: str, shared: Path) -> bool:
    if target.startswith(("http://", "https://")):
        url = target.partition("#")[0]
        return any([await tx.sources.of_url(mission.id, each) for each in dict.fromkeys((target, url))])
    path = normpath(f"{mission.slug}/{target.partition('#')[0]}")
    if ":" in target or target.startswith("/") or path.startswith("../"):
        return False
    try:
        await asyncio.to_thread(ConfinedFolder(shared / REPORTS_FOLDER).read, path, 1)
    except DamascusError:
        return False
    return True


async def _file(check: AcceptanceCheck, commit: ProvenCommit) -> Found:
    async with fresh_copy(commit.checks, commit.export, commit.sha) as folder:
        try:
            await asyncio.to_thread(ConfinedFolder(folder).read, check.path, 1)
        except DamascusError as error:
            return Found(False, f"{check.path} is not in the repository at {commit.sha[:12]}: {error}")
    return Found(True, f"{check.path} is in the repository at {commit.sha[:12]}")


async def _command(check: AcceptanceCheck, commit: ProvenCommit) -> Found:
    async with fresh_copy(commit.checks, commit.export, commit.sha) as folder:
        ended = await commit.workshop.run(check.command, folder)
    where = f"`{one_line(check.command, 120)}` in a fresh copy of {commit.sha[:12]}"
    end = "ran out of time" if ended.timed_out else f"ended with exit {ended.exit_code}"
    says = " ".join(check.output.split()) in " ".join(ended.output.split())
    printed = f" and printed `{one_line(check.output, 120)}`" if check.output else ""
    if not ended.timed_out and ended.exit_code == check.exit_code and says:
        return Found(True, f"{where} {end}{printed}")
    wanted = f"exit {check.exit_code}{printed.replace('printed', 'the output')} was asked for"
    return Found(False, f"{where} {end}, {wanted}. Last lines of its output:\n{ended.output[-MAX_OUTPUT_CHARS:]}")
