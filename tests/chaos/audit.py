"""What must hold of a mission after any mishap: from the ledger, the model server's own log, and the files.

It trusts no code of the company: it reads the tables as they are, on either database.
"""

import asyncio
import json
import sqlite3
import subprocess
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import frontmatter

Row = dict[str, Any]
Ask = Callable[[str], Awaitable[list[Row]]]
OF_MISSION = ("tasks", "events", "messages", "usage", "reservations", "artifacts", "receipts", "reviews")
OBLIGING = ("directive", "assignment", "question")
JOURNAL = "journal"  # a line for each time that the command of the case `effects` ran


@dataclass
class Verdict:
    """What was found of one run; anything but `completed` and zeros is a failure, and `problems` says why."""

    mission: str
    completed: bool = False
    repeated: int = 0
    lost: int = 0
    money: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.completed and not (self.repeated or self.lost or self.money or self.problems)

    def require(self, holds: object, problem: str) -> None:
        if not holds:
            self.problems.append(problem)


@dataclass(frozen=True)
class Books:
    """A mission's rows by table, and the turns of its tasks."""

    mission: Row
    rows: dict[str, list[Row]]

    def of_task(self, table: str, task: str) -> list[Row]:
        return [row for row in self.rows[table] if row["task_id"] == task]

    def states(self, task: str) -> list[tuple[str, str]]:
        """Each state the task came into, with the reason."""
        changes = [row["payload"] for row in self.of_task("events", task) if row["kind"] == "task"]
        return [(change["after"], change.get("reason") or "") for change in changes]


def open_books(url: str, mission: str) -> Books:
    """The books of a mission."""
    return asyncio.run(_read(url, mission))


def of_company(url: str) -> list[str]:
    """What is wrong with the company as a whole: the log's numbers, its money, messages that nobody handled."""
    return asyncio.run(_read_company(url))


def look_up(url: str, query: str, *values: str) -> list[Row]:
    """Rows of the ledger, past the company; `$1` in the query is the first of `values`."""
    return asyncio.run(_look_up(url, query, *values))


async def _look_up(url: str, query: str, *values: str) -> list[Row]:
    async with _queries(url, *values) as ask:
        return await ask(query)


async def _read_company(url: str) -> list[str]:
    async with _queries(url) as ask:
        (log,) = await ask(
            "select count(*) as n, coalesce(min(seq), 1) as first, coalesce(max(seq), 0) as last from events"
        )
        budgets = await ask("select * from budgets where scope = 'company' or scope like 'day:%'")
        (used,) = await ask("select coalesce(sum(cost), 0) as cost from usage")
        held = await ask("select id from reservations")
        left = await ask(
            "select id from messages where sent_at is null"
            " or (handled_at is null and type in ('directive', 'assignment'))"
        )
    days = sum(row["spent"] for row in budgets if row["scope"] != "company")
    company = sum(row["spent"] for row in budgets if row["scope"] == "company")
    checks = {
        f"the log has {log['n']} events from {log['first']} to {log['last']}": log["n"]
        == log["last"] - log["first"] + 1,
        f"company {company}, days {days}, usage {used['cost']}": company == days == used["cost"],
        f"money is held: {budgets} {held}": not held and not any(row["reserved"] for row in budgets),
        f"messages lie about: {left}": not left,
    }
    return [problem for problem, holds in checks.items() if not holds]


@asynccontextmanager
async def _queries(url: str, *values: str) -> AsyncIterator[Ask]:
    """Ask the database itself."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(f"file:{url.split('///')[1]}?mode=ro", uri=True, timeout=60)) as file:
            file.row_factory = sqlite3.Row

            async def ask(query: str) -> list[Row]:
                return [_plain(dict(row)) for row in file.execute(query.replace("$1", "?1"), values)]

            yield ask
        return
    line = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:

        async def ask(query: str) -> list[Row]:
            return [_plain(dict(row)) for row in await line.fetch(query, *values)]

        yield ask
    finally:
        await line.close()


async def _read(url: str, mission: str) -> Books:
    async with _queries(url, mission) as ask:
        rows = {table: await ask(f"select * from {table} where mission_id = $1") for table in OF_MISSION}
        rows["turns"] = await ask(
            "select t.* from turns t join tasks k on k.id = t.task_id where k.mission_id = $1 order by t.n"
        )
        rows["budgets"] = await ask("select * from budgets where scope = 'mission:' || $1")
        (found,) = await ask("select * from missions where id = $1")
    return Books(found, rows)


def _plain(row: Row) -> Row:
    for name in ("payload", "context", "detail", "deliverable", "arguments"):
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return row


def audit(books: Books, calls: Sequence[Row], shared: Path, *, workers_died: bool) -> Verdict:
    """Hold everything against everything; `calls` is the model server's log.

    `workers_died`: whether the fault took workers, with whom a call in flight may go; else no call may be made again.
    """
    found = Verdict(books.mission["id"])
    found.completed = books.mission["status"] == "succeeded"
    found.require(found.completed, f"the mission is {books.mission['status']}: {books.mission['reason']}")
    _tasks(books, found)
    _turns(books, found)
    _messages(books, found)
    _calls(books, calls, found, workers_died)
    _money(books, found)
    _files(books, shared, found)
    return found


def _tasks(books: Books, found: Verdict) -> None:
    for task in books.rows["tasks"]:
        name, states = f"task {task['key']}", [state for state, _ in books.states(task["id"])]
        found.require(task["status"] == "completed", f"{name} is {task['status']}: {task['reason']}")
        found.require(states.count("completed") == 1, f"{name} was completed {states.count('completed')} times")
        asked = [row["context"].get("task_id") for row in books.rows["messages"] if row["type"] == "assignment"]
        assigned = asked.count(task["id"])
        found.require(
            states.count("claimed") <= assigned, f"{name}: {states.count('claimed')} claims, {assigned} asked"
        )
        # a `finish` that was refused leaves receipts too; those of the completion are one transaction's, the last
        issued = books.of_task("receipts", task["id"])
        last = max((receipt["created_at"] for receipt in issued), default=None)
        held = [receipt for receipt in issued if receipt["ok"] and receipt["created_at"] == last]
        reviews = [row for row in books.rows["reviews"] if row["id"] == task["id"] and row["finished_at"] is not None]
        shown = reviews if task["kind"] == "review" else held
        found.require(task["kind"] == "plan" or bool(shown), f"{name} was completed without a receipt")
        kinds = Counter(receipt["kind"] for receipt in held)
        found.require(all(n == 1 for n in kinds.values()), f"{name} has receipts twice: {dict(kinds)}")


def _turns(books: Books, found: Verdict) -> None:
    for task in books.rows["tasks"]:
        turns = books.of_task("turns", task["id"])
        found.require(
            [turn["n"] for turn in turns] == list(range(1, len(turns) + 1)), f"task {task['key']}: turns have gaps"
        )
        left = [turn["tool"] for turn in turns if turn["status"] != "done"]
        found.require(not left, f"task {task['key']}: {left} have no result")


def _messages(books: Books, found: Verdict) -> None:
    roles = {task["role"] for task in books.rows["tasks"]}
    for row in books.rows["messages"]:
        obliging = row["recipient"] in roles and row["type"] in OBLIGING
        if row["sent_at"] is None or (obliging and row["handled_at"] is None):
            found.lost += 1
            found.problems.append(f"{row['id']} ({row['type']} to {row['recipient']}) is not sent or not handled")


def _calls(books: Books, calls: Sequence[Row], found: Verdict, workers_died: bool) -> None:
    by_task: dict[str, list[Row]] = defaultdict(list)
    for call in calls:
        by_task[call["task"]].append(call)
    for task in books.rows["tasks"]:
        name, id = f"task {task['key']}", task["id"]
        recorded = sum(turn["speaker"] == "assistant" for turn in books.of_task("turns", id))
        paid = Counter(bool(row["answered"]) for row in books.of_task("usage", id))
        found.require(recorded == paid[True], f"{name}: {recorded} answers recorded, {paid[True]} paid for")
        given = sum(call["answered"] for call in by_task[id])
        deaths = sum(state == "queued" and bool(why) for state, why in books.states(id)) if workers_died else 0
        again = given - recorded - deaths
        steps = [call["step"] for call in by_task[id]]
        back = sum(later < earlier for earlier, later in pairwise(steps))
        if again > 0 or back or given < recorded:
            found.repeated += max(again, 0) + back
            found.problems.append(f"{name}: {given} answers given, {recorded} recorded, {deaths} deaths, steps {steps}")
        found.require(paid[False] <= deaths or not workers_died, f"{name}: {paid[False]} calls lost, {deaths} deaths")


def _money(books: Books, found: Verdict) -> None:
    (budget,) = books.rows["budgets"]
    counted = sum(row["cost"] for row in books.rows["usage"])
    wrong = abs(budget["spent"] - counted) + abs(budget["reserved"]) + max(0, budget["spent"] - budget["limit"])
    if wrong or books.rows["reservations"]:
        found.money += max(1, wrong)
        found.problems.append(f"spent {budget['spent']}, held {budget['reserved']}, usage says {counted}")


def _files(books: Books, shared: Path, found: Verdict) -> None:
    for row in books.rows["artifacts"]:
        if row["kind"] == "report":
            path = shared / row["path"]
            whole = path.is_file() and frontmatter.load(str(path)).get("task") == row["task_id"]
            found.require(whole, f"the report {row['path']} is not whole")
        elif row["kind"] == "repository":
            _repository(books, row, shared, found)
    folder = shared / "reports" / books.mission["slug"]
    known = {shared / row["path"] for row in books.rows["artifacts"] if row["kind"] == "report"}
    strange = [path.name for path in folder.glob("*.md") if path not in known]
    found.require(not strange, f"reports that the ledger does not know: {strange}")


def _repository(books: Books, row: Row, shared: Path, found: Verdict) -> None:
    place = shared.parent / ".damascus/workspaces/code" / books.mission["slug"] / row["name"]
    bare, journal = row["path"], place / JOURNAL
    ran = len(journal.read_text().splitlines()) if journal.exists() else 0
    told = sum(JOURNAL in str(turn["arguments"]) for turn in books.of_task("turns", row["task_id"]))
    found.require(ran <= told, f"a command that the model called {told} times ran {ran} times")
    checked = _git(bare, "fsck", "--strict", "--no-dangling")
    found.require(checked.returncode == 0 and not checked.stdout, f"{bare}: {checked.stdout}{checked.stderr}")
    log = _git(bare, "log", "--format=%H", "main").stdout.split()
    asked = [turn for turn in books.of_task("turns", row["task_id"]) if turn["tool"] == "commit"]
    made = [turn for turn in asked if "commit" in turn["content"][:6] or "head is" in turn["content"]]
    found.require(len(log) == len(set(log)) <= len(made), f"{bare}: {len(log)} commits for {len(asked)} calls")
    proven = [
        r["detail"]["commit"] for r in books.of_task("receipts", row["task_id"]) if r["kind"] == "tests" and r["ok"]
    ]
    found.require(log[:1] == proven[-1:], f"{bare}: main is {log[:1]}, the tests passed on {proven}")


def _git(bare: str, *args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", "--git-dir", bare, *args], capture_output=True, text=True, check=False)
