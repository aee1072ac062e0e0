"""The launcher: reads a job, puts the command into the jail, watches it, ends all of it, and reports how it ended.

stdin: the job, then a lifeline; when that is closed the command dies, so that it never outlives its caller, even a
killed one. stdout: the command's output. stderr: BEGUN, then the result. Whatever happens to the launcher, the
command's processes end with it (keeper.py, leftovers.py).
"""

import _socket
import array
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from damascus.workshop.jail import (
    disk_usage,
    environment_folder,
    keeper,
    kernel,
    leftovers,
    loopback,
    process_tree,
    seccomp_filter,
)
from damascus.workshop.jail.child import SHARES_FILES, enter
from damascus.workshop.jail.disk_limit import Capacity, DiskLimit
from damascus.workshop.jail.disk_usage import Uncountable
from damascus.workshop.jail.job import BEGUN, END_PROGRAMS, PIPE, SHOW_WHERE, WHERE, Job, JobResult, Loopback
from damascus.workshop.jail.process_limit import ProcessLimit
from damascus.workshop.jail.seccomp_notify import SeccompNotifications
from damascus.workshop.jail.socket_calls import SocketCalls

_TICK_SECONDS, _MAX_TICKS = 0.01, 10
_TICK_BYTES = 40 << 20  # no command fills memory or disk faster than so many in a tick (4 GB a second)
_GRACE_SECONDS = 5.0
_MAX_PIPE_BYTES, _MAX_WHERE_BYTES, _MAX_PROGRAMS = 100, 16_384, 20
_EXIT_KILLED = 128 + signal.SIGKILL


class Launcher:
    """One command, from its start to its result."""

    def __init__(self, job: Job, lifeline: int) -> None:
        self._job = job
        self._lifeline = lifeline
        self._roots = (job.workspace, job.home)
        self._sockets = SocketCalls(job.home, self.may_create)
        self._stopped = self._programs = ""
        self._disk: DiskLimit | None = None
        self._shared = 0  # bytes of memory that its processes ever made to share
        self._ticks = self._due = 0  # since the last look at what it uses, and until the next

    def run(self, lock: int) -> JobResult:
        """Run the command and return how it ended; blocks until nothing of it is left, also when it raises.

        `lock` is that of the job's folder; the keeper holds it, too.
        """
        column = seccomp_filter.architecture()
        if column is None or not process_tree.can_list_children():
            return JobResult(refused="the jail does not support this architecture or kernel")
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        ours, theirs = _socket.socketpair()
        self._column = column
        self._keeper = keeper.start(
            column, lock, self._job.joins, lambda own: enter(self._job, column, self._loopback(own), theirs)
        )
        try:
            theirs.close()
            ours.send(SHARES_FILES if _shares_files(self._keeper) else b"-")
            return self._run_jailed(ours, column)
        finally:
            self._end_all()

    def _run_jailed(self, channel: _socket.socket, column: int) -> JobResult:
        leftovers.end_all(os.path.dirname(self._job.folder))
        refused, has, listener = _listener(channel, self._keeper)
        if refused:
            return JobResult(refused=refused)
        status = None
        try:
            capacity = Capacity(self._job.workspace_files, self._job.workspace_bytes, self._job.file_bytes)
            self._disk = DiskLimit(self._roots, capacity, self._hold_still, self._sockets.in_flight)
            self._process_limit = ProcessLimit(self._job.max_tasks, column, self._count_tasks)
            channel.send(b"+")
            os.write(2, BEGUN)
            status = self._watch(SeccompNotifications(listener, column, self._roots, self, self._sockets))
        except Uncountable as why:
            self._stopped = f"{why} in the workspace"
        finally:
            os.close(listener)  # from now on nothing new starts: a fork without one fails
        code = _EXIT_KILLED if status is None else os.waitstatus_to_exitcode(status)
        home = self._job.home
        pipe, where = _left(home, PIPE, _MAX_PIPE_BYTES), _left(home, WHERE, _MAX_WHERE_BYTES)
        return JobResult(code if code >= 0 else 128 - code, self._stopped, "", pipe, where, self._programs, has)

    def _loopback(self, own: Loopback) -> Loopback:
        """Return what the command has: where none of its own is granted, that of the workshop's own container."""
        if own == Loopback.NONE and self._job.alone and loopback.is_only():
            return Loopback.SHARED
        return own

    def _watch(self, notifications: SeccompNotifications) -> int | None:
        """Serve notifications until the shell has ended, a limit is passed, or the lifeline is closed.

        Returns the shell's wait status, None if it was not waited for.
        """
        clock = kernel.ticker(_TICK_SECONDS)
        events = select.poll()
        for descriptor in (clock, self._keeper.status, notifications.listener, self._lifeline):
            events.register(descriptor, select.POLLIN)
        while not self._stopped:
            for descriptor, what in events.poll():
                if descriptor == self._lifeline:
                    if not self._obeys(os.read(descriptor, 1)):
                        return None
                elif descriptor == self._keeper.status:
                    return self._keeper.exit_status()
                elif descriptor == clock:
                    self._check_usage(int.from_bytes(os.read(clock, 8), sys.byteorder))
                elif what & select.POLLIN:
                    notifications.respond()
                else:
                    events.unregister(descriptor)
        return None

    def _obeys(self, word: bytes) -> bool:
        """Do what the caller says on the lifeline; return False if it was closed."""
        found = process_tree.processes(self._keeper.process)
        if word == SHOW_WHERE:
            self._programs = "\n".join(map(process_tree.command_line, found[:_MAX_PROGRAMS]))
            process_tree.kill(process_tree.interpreters(found, b"python"), signal.SIGUSR2)
        elif word == END_PROGRAMS:  # not the shell and its pipes: they print what they have read
            process_tree.kill(process_tree.interpreters(found, b"python", b"node", b"pytest"), signal.SIGKILL)
        return word != b""

    def may_fork(self, thread: int) -> bool:
        """See Limits.may_fork; a command that asks for too many is ended."""
        if not self._process_limit.allow(thread):
            self._stopped = f"more than {self._job.max_tasks} processes and threads at once"
        return not self._stopped

    def may_share(self, size: int) -> bool:
        """See Limits.may_share; it counts until the command ends, for nobody sees when it is given back."""
        self._shared += size
        self._check_memory()
        return not self._stopped

    def may_create(self, thread: int, exists: Callable[[], bool]) -> bool:
        """See Limits.may_create; a command that asks for too many files is ended."""
        assert self._disk
        self._stopped = self._stopped or self._disk.refuses(thread, exists)
        return not self._stopped

    def _hold_still(self, thread: int) -> AbstractContextManager[list[int]]:
        return process_tree.standing_still(self._keeper.process, thread, self._column)

    def _count_tasks(self) -> int:
        return process_tree.tasks(process_tree.processes(self._keeper.process))

    def _check_memory(self) -> int:
        """Return how much it may still use."""
        used = process_tree.memory(process_tree.processes(self._keeper.process), self._shared)
        if used > self._job.memory_bytes:
            self._stopped = f"more than {self._job.memory_bytes >> 20} MiB of memory in all"
        return self._job.memory_bytes - used

    def _check_usage(self, ticks: int) -> None:
        """Look at what it uses, the sooner again the less is left."""
        self._ticks += ticks
        if self._ticks < self._due:
            return
        assert self._disk
        memory = self._check_memory()
        processes = process_tree.processes(self._keeper.process)
        self._stopped = self._stopped or self._disk.exceeded(processes, self._ticks)
        self._due = min(min(memory, self._disk.left()) // _TICK_BYTES, _MAX_TICKS)
        self._ticks = 0

    def _end_all(self) -> None:
        """End the keeper, which ends the command; what it should leave is ended here."""
        self._keeper.end(_GRACE_SECONDS)
        process_tree.kill_all()
        if self._disk and self._disk.too_deep:
            disk_usage.prune((self._job.workspace,))


def _left(home: str, name: str, limit: int) -> str:
    """Return the beginning of a file that a command left in its home, and remove it; empty if it is not one."""
    path = os.path.join(home, name)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        left = os.read(descriptor, limit).decode(errors="replace")
        os.unlink(path)
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return left


def _shares_files(there: keeper.Keeper) -> bool:
    """Return True if the kernel lets us have files of the command's, as that of its keeper's parent."""
    try:
        os.close(kernel.file_of(there.ended, 0))
    except OSError:
        return False  # it is newer than the jail, and most containers forbid it
    return True


def _listener(channel: _socket.socket, there: keeper.Keeper) -> tuple[str, str, int]:
    """Return why the child could not be jailed; or "", its loopback, and where its notifications arrive."""
    text, passed, _, _ = channel.recvmsg(4096, _socket.CMSG_LEN(4))
    if not text.startswith(b"+"):
        return text.decode(errors="replace") or "the child died before it was jailed", "", -1
    network, _, number = text[1:].decode().partition(" ")
    if passed:
        return "", network, array.array("i", passed[0][2])[0]
    (child,) = process_tree.processes(there.process)
    return "", network, kernel.file_of(os.pidfd_open(child), int(number))


def main() -> None:
    """Run the job of stdin."""
    line = bytearray()
    while b"\n" not in line:
        data = os.read(0, 65536)
        if not data:
            return
        line += data
    job = Job.from_json(bytes(line).partition(b"\n")[0])
    lock = leftovers.make_folder(job.folder)
    try:
        os.mkdir(job.home, 0o700)
        environment_folder.make(job.environment_folder, job.links, job.texts)
        result = Launcher(job, 0).run(lock)
    finally:
        environment_folder.remove(job.environment_folder)
        disk_usage.remove_job(job.folder, job.home)
    os.write(2, result.to_json())
