"""The command's processes, seen from the launcher: how many, how much memory, and the end of them all.

The launcher is the subreaper of their keeper, so the tree below the launcher is always the whole command. Nothing that
a command may choose (its name, its arguments) is read as structure: numbers are taken from places that only the kernel
writes.
"""

import errno
import os
import select
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from damascus.workshop.jail import kernel, syscalls

_OWN, _SHARED = (b"RssAnon:", b"VmSwap:"), (b"RssShmem:",)
_KILLING_SECONDS = 0.002
_STOPPING_SECONDS, _MAX_STOPPING_TRIES = 0.001, 5_000
_MAX_BLOCKED_TRIES = (
    200  # for who waits for a disk; such a one cannot be told from who waits for a child that is stopped
)


_MAX_COMMAND_LINE_BYTES = 200
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def can_list_children() -> bool:
    """Return True if the kernel lists a process's children."""
    return os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


def check_is_of_other(error: OSError) -> None:
    """Raise an error that says nothing of the process which was looked at: we have no descriptors or memory left."""
    if error.errno in _OURS:
        raise error


def _threads(process: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process}/task")
    except OSError as error:
        check_is_of_other(error)
        return []  # it is gone


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        check_is_of_other(error)
        return b""  # it is gone


def children(process: int) -> list[int]:
    """Return the children of a process, none if it is gone."""
    lists = (_read(f"/proc/{process}/task/{thread}/children") for thread in _threads(process))
    return [int(child) for found in lists for child in found.split()]


def processes(keeper: int = 0) -> list[int]:
    """Return every process below this one but `keeper`, which is ours."""
    found = dict.fromkeys(children(os.getpid()))
    waiting = list(found)
    while waiting:
        new = [child for child in children(waiting.pop()) if child not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    found.pop(keeper, None)
    return list(found)


def tasks(found: list[int]) -> int:
    """Return how many threads the processes `found` have, at least one each."""
    return sum(max(len(_threads(process)), 1) for process in found)


def kilobytes(status: bytes, names: tuple[bytes, ...]) -> int:
    """Return the sum of these fields of a /proc/PID/status; a field that is not there counts as 0.

    A process's name is in there as well, with line feeds escaped (proc_pid_status(5)): only they end a line.
    """
    total = 0
    for line in status.split(b"\n"):
        if line.startswith(names):
            words = line.split()
            total += int(words[1]) if len(words) == 3 and words[1].isdigit() and words[2] == b"kB" else 0
    return total


def memory(found: list[int], shared: int) -> int:
    """Return the bytes that the processes `found` have in memory or swap, without what is only mapped from files.

    `shared` is the size of all anonymous memory that they ever made to share. A page of it that all have let go of
    (madvise(2), or a part that is unmapped) is resident in none of them, yet in memory still.
    """
    states = [_status(process) for process in found]
    own = sum(kilobytes(state, _OWN) for state in states)
    return own * 1024 + max(shared, sum(kilobytes(state, _SHARED) for state in states) * 1024)


def _status(process: int) -> bytes:
    """Return the status of a thread that still has memory: a process's first one may have ended before the others."""
    status = _read(f"/proc/{process}/status")
    if kilobytes(status, _OWN[:1]):
        return status
    others = (_read(f"/proc/{process}/task/{thread}/status") for thread in _threads(process))
    return next((other for other in others if kilobytes(other, _OWN[:1])), status)


def system_call(thread: int) -> bytes | None:
    """Return which system call a thread is in: a number or "running", b"" if it is gone; None if it is not shown."""
    try:
        with open(f"/proc/{thread}/syscall", "rb") as file:
            return (file.read().split() or [b""])[0]
    except FileNotFoundError:
        return b""
    except OSError:
        return None


def _state(process: int, thread: int) -> bytes:
    """Return the state of a thread: it follows the last bracket, for a name may contain some."""
    return _read(f"/proc/{process}/task/{thread}/stat").rpartition(b")")[2][1:2]


def _moving(process: int, waiting: int, forks: frozenset[bytes]) -> tuple[list[int], bool]:
    """Return the threads of a process that may run, and True if one waits for a disk; `waiting` waits for us."""
    running, blocked = list[int](), False
    for thread in map(int, _threads(process)):
        state = _state(process, thread)
        if thread == waiting or state in (b"T", b"t", b"Z", b"X", b""):
            continue
        if state != b"D":
            running.append(thread)
        elif (system_call(thread) or b"") not in forks:
            blocked = True
    return running, blocked


@contextmanager
def standing_still(keeper: int, waiting: int, column: int) -> Iterator[list[int]]:
    """Yield the processes; none of them runs meanwhile, so that what is counted does not move.

    `waiting` is a thread that the launcher owes a response to, 0 if there is none. What the command stopped itself
    stays stopped. No process starts meanwhile, for forks ask the launcher first.
    """
    forks, stopped, found = syscalls.forks(column), dict[int, None](), list[int]()
    try:
        for tried in range(_MAX_STOPPING_TRIES):
            found = processes(keeper)
            moving = {process: _moving(process, waiting, forks) for process in found}
            running = {process: threads for process, (threads, _) in moving.items() if threads}
            if not running and (tried > _MAX_BLOCKED_TRIES or not any(blocked for _, blocked in moving.values())):
                break
            stopped |= dict.fromkeys(running)
            _stop(running, column)
            select.select([], [], [], _STOPPING_SECONDS)
        yield found
    finally:
        kill(stopped, signal.SIGCONT)


def _stop(running: dict[int, list[int]], column: int) -> None:
    """Stop processes by these threads: a signal to a process may wait for the one thread that waits for us."""
    for process, threads in running.items():
        for thread in threads:
            with suppress(OSError):  # it is gone
                kernel.syscall(syscalls.number("tgkill", column) or 0, process, thread, signal.SIGSTOP)


def reap(first: int) -> int | None:
    """Collect every child that has ended; return the wait status of `first`, None if it is not among them."""
    status = None
    while True:
        try:
            process, code = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if process == 0:
            return status
        if process == first:
            status = code


def kill(found: Iterable[int], how: int = signal.SIGKILL) -> None:
    """Send these processes a signal; one that is gone already is not an error."""
    for process in found:
        try:
            os.kill(process, how)
        except ProcessLookupError:
            continue


def interpreters(found: Iterable[int], *names: bytes) -> list[int]:
    """Return those of these processes whose names begin with one of `names`."""
    return [process for process in found if _read(f"/proc/{process}/comm").startswith(names)]


def command_line(process: int) -> str:
    """Return the beginning of a process's command line, on one line."""
    words = _read(f"/proc/{process}/cmdline")[:_MAX_COMMAND_LINE_BYTES].replace(b"\0", b" ")
    return " ".join(words.decode(errors="replace").split())


def kill_all() -> None:
    """Kill every process below this one until none is left.

    Nothing new may start meanwhile: close the filter's listener first.
    """
    while True:
        kill(processes())
        reap(0)
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        select.select([], [], [], _KILLING_SECONDS)
