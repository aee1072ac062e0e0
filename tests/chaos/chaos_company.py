"""A company to break: with short leases, a folder for faults, and a second worker of each role and a second office if a
case wants them."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import psutil

from tests.chaos.audit import look_up
from tests.fixtures.company import ENDED, Company, founded, wait_for
from tests.fixtures.disk import a_disk
from tests.fixtures.ledger import sqlite_url
from tests.fixtures.model import Model, rehearsal
from tests.fixtures.postgres import Postgres, find_programs, served
from tests.fixtures.search import SmallWeb, searching

LEASE = 2.0
LATENCY = 0.1  # of the model: what a mission takes should be long enough to be hit
ROLES = ("vp", "pm", "sales", "engineer")
WORKERS = tuple(f"{role}-1" for role in ROLES)
SMALL_DISK = "72m"
ENDED_MISSIONS = f"select directive_id from missions where status in {ENDED}"
# of a company that is being broken
TROUBLE = (httpx.TransportError, OSError, ValueError, AssertionError, KeyError, sqlite3.Error, asyncpg.PostgresError)


@dataclass(frozen=True)
class Note:
    """A fault for the process `who` at the n-th pass of a boundary (damascus/core/failpoints.py)."""

    who: str
    boundary: str
    nth: int
    what: str = "kill"
    after: float = 0.0

    def __str__(self) -> str:
        return f"{self.what} {self.who} at pass {self.nth} of {self.boundary}" + (
            f" +{self.after}" if self.after else ""
        )


@dataclass
class House:
    """The company, its model, and what is being done to them."""

    company: Company
    folder: Path
    url: str
    postgres: Postgres | None = None
    small_web: SmallWeb | None = None
    second: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    late: int = 0
    _waiting: dict[tuple[str, str], deque[Note]] = field(default_factory=lambda: defaultdict(deque))
    _armed: dict[tuple[str, str], Note] = field(default_factory=dict)
    _still: dict[int, float] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        return self.company.model

    @property
    def shared(self) -> Path:
        return self.company.root / "shared"

    # -- notes

    def leave(self, notes: Sequence[Note]) -> None:
        """Leave notes; of two for one process and boundary the second waits until the first was played."""
        for note in notes:
            self._waiting[note.who, note.boundary].append(note)
        self.look()

    def look(self) -> int:
        """Put the next notes down; how many were played since the last look."""
        played = 0
        for key, note in list(self._armed.items()):
            path = self._path(note)
            done = path.with_name(f"{path.name}.played")
            if done.exists():
                done.unlink()
                del self._armed[key]
                played += 1
        for key, waiting in self._waiting.items():
            if waiting and key not in self._armed:
                note = self._armed[key] = waiting.popleft()
                path = self._path(note)
                draft = path.with_name(f".{path.name}")
                draft.write_text(f"{note.what} {note.nth}" + (f" {note.after}" if note.after else ""))
                draft.replace(path)
        return played

    def forget(self) -> int:
        """Take up what was not played; how many notes that were, and faults that came when all work was done."""
        left = sum(len(waiting) for waiting in self._waiting.values()) + self.late
        self.late = 0
        for note in self._armed.values():
            with contextlib.suppress(FileNotFoundError):
                self._path(note).unlink()
                left += 1
        self._armed.clear()
        self._waiting.clear()
        return left

    def _path(self, note: Note) -> Path:
        return self.folder / f"{note.who}.{note.boundary}"

    def step_clock(self, seconds: float) -> None:
        """Have the company's wall clock off by so much from now on."""
        draft = self.folder / ".clock"
        draft.write_text(str(seconds))
        draft.replace(self.folder / "clock")

    # -- processes

    def signal(self, who: str, sign: signal.Signals) -> int | None:
        """Send it to a child of the supervisor; its pid, None when it is down just now."""
        pid = self.company.children()[who]["pid"]
        if pid is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
            return pid
        return None

    def wake(self, after: float = 0.0) -> None:
        """Continue each process that has stood still for so many seconds."""
        try:
            children = [child["pid"] for child in self.company.children().values()]
        except (OSError, ValueError):
            return
        pids = itertools.chain(children, (process.pid for process in self.second))
        still = {pid for pid in pids if pid and _stands_still(pid)}
        self._still = {pid: self._still.get(pid, time.monotonic()) for pid in still}
        for pid in [pid for pid, since in self._still.items() if time.monotonic() - since >= after]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def is_whole(self) -> bool:
        """Whether everybody is up again."""
        try:
            pids = [child["pid"] for child in self.company.children().values()]
        except (OSError, ValueError):
            return False
        return all(pid and psutil.pid_exists(pid) for pid in pids) and self.company.is_up()

    def power_off(self) -> None:
        """Every process at once, the supervisor first so that it starts nothing again."""
        for process in [psutil.Process(self.company.supervisor()), *self.company.processes()]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        wait_for(lambda: not self.company.processes(), "nothing to be left running", 20)

    def hire(self) -> None:
        """A second worker of each role and a second office, started past the supervisor as on another machine.

        The office that came last says in office.json where it is: people talk to that one, while the first one leads.
        """
        first = self.company.office()
        self._arrived("%-1")  # the ledger has a row for each role: who comes last is in it
        for role in ROLES:
            self._employ(f"{role}-2", "agents.main", "--role", role, "--name", f"{role}-2")
        self._employ("office-2", "damascus.office")
        self._arrived("%-2")
        wait_for(lambda: self.company.office() != first, "the second office", 60)

    def _arrived(self, workers: str) -> None:
        there = f"select worker from agents where worker like '{workers}'"
        wait_for(lambda: len(look_up(self.url, there)) == len(ROLES), f"workers named {workers}", 60)

    def _employ(self, name: str, *module: str) -> None:
        note = json.loads((self.company.root / ".damascus/redis.json").read_text())
        env, command = {**self.company.env, "REDIS_URL": note["url"]}, [sys.executable, "-m", *module]
        with (self.company.root / f".damascus/logs/{name}.log").open("ab") as log:
            self.second.append(subprocess.Popen(command, cwd=self.company.root, env=env, stdout=log, stderr=log))

    def dismiss(self) -> None:
        for process in self.second:
            process.terminate()
        for process in self.second:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
        self.second.clear()

    # -- missions

    def give(self, directive: str, key: str) -> str:
        """Give a directive as somebody who repeats it until it is taken; its id."""

        def attempt() -> str | None:
            try:
                return str(self.company.post("/api/directives", {"text": directive}, **{"Idempotency-Key": key})["id"])
            except TROUBLE:
                return None

        return str(wait_for(attempt, "the office to take a directive", 60))

    def mission_of(self, directive: str, meanwhile: Callable[[], None] = lambda: None, seconds: float = 90) -> str:
        """The mission of a directive, as soon as there is one."""

        def look() -> str | None:
            meanwhile()
            found = look_up(self.url, "select id from missions where directive_id = $1", directive)
            return str(found[0]["id"]) if found else None

        return str(wait_for(look, f"a mission of {directive}", seconds))

    def status(self, mission: str) -> str:
        return str(look_up(self.url, "select status from missions where id = $1", mission)[0]["status"])

    def has_ended(self, mission: str) -> bool:
        return self.status(mission) in ENDED

    def is_at_work(self) -> bool:
        """Whether a directive is left whose mission has not ended."""
        (left,) = look_up(self.url, f"select count(*) as n from directives where id not in ({ENDED_MISSIONS})")
        return bool(left["n"])

    def leader(self) -> str:
        """The office that leads, by the name that it has in the ledger."""
        return str(look_up(self.url, "select owner from leases where name = 'daemon'")[0]["owner"])


def _stands_still(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return False


@contextmanager
def opened(
    *, postgres: bool = False, second: bool = False, small_disk: bool = False, web: bool = False
) -> Iterator[House]:
    """A company at work, gone afterwards whatever became of it."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True)))
        if small_disk:
            stack.enter_context(a_disk(root / "disk", SMALL_DISK))
        home = root / "disk" if small_disk else root / "company"
        folder = root / "faults"
        folder.mkdir()
        model = stack.enter_context(rehearsal(root, "--latency", str(LATENCY)))
        server, env = None, {"BUDGET_MISSION": "50"}
        if postgres:
            programs = find_programs()
            assert programs is not None
            server = stack.enter_context(served(programs))
            env["LEDGER_URL"] = server.database()
        small_web = stack.enter_context(searching()) if web else None
        if small_web:
            env |= {"WEB_PRIVATE_HOSTS": small_web.host, "SEARXNG_URL": small_web.url}
        company = stack.enter_context(
            founded(
                home, model, env, limits__lease=LEASE, limits__resend_after=2, company__faults=str(folder),
                web__seconds_between_requests=0.05,
            )
        )  # fmt: skip
        company.up()
        url = env.get("LEDGER_URL") or sqlite_url(company.root / ".damascus/ledger.sqlite3")
        house = House(company, folder, url, server, small_web)
        stack.callback(house.dismiss)
        if second:
            house.hire()
        wait_for(house.is_whole, "everybody to be at work", 60)
        yield house


def keep(house: House, place: Path) -> None:
    """Copy logs and ledger of a company that failed to where somebody can read them."""
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(shutil.Error):  # of what the company takes away meanwhile
        shutil.copytree(house.company.root / ".damascus", place / "damascus", dirs_exist_ok=True, ignore=_sockets)


def _sockets(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not (Path(folder) / name).is_file() and not (Path(folder) / name).is_dir()}
