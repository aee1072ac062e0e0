"""The launcher: reads a job, puts the command into the jail, watches it, ends all of it, and reports how it ended.

stdin: the job, then a lifeline; when that is closed the command dies, so that it never outlives its caller, even a
killed one. stdout: the command's output. stderr: the result.
"""

import _socket
import array
import os
import select
import signal
import sys

from damascus.workshop.jail import disk_usage, kernel, process_tree, seccomp_filter
from damascus.workshop.jail.child import enter
from damascus.workshop.jail.job import Job, JobResult
from damascus.workshop.jail.process_limit import ProcessLimit
from damascus.workshop.jail.seccomp_notify import SeccompNotifications

_TICK_SECONDS = 0.1
_DISK_SHARE = 20  # measuring the disk takes at most one part in so many of the time
_EXIT_KILLED = 128 + signal.SIGKILL


class Launcher:
    """One command, from its start to its result."""

    def __init__(self, job: Job, lifeline: int) -> None:
        self._job = job
        self._lifeline = lifeline
        self._roots = (job.workspace, job.home)
        self._stopped = ""
        self._ticks_to_disk_check = 1
        self._shell = 0
        self._status: int | None = None

    def run(self) -> JobResult:
        """Run the command and return how it ended; blocks until nothing of it is left."""
        column = seccomp_filter.architecture()
        if column is None or not process_tree.can_list_children():
            return JobResult(refused="the jail does not support this architecture or kernel")
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        ours, theirs = _socket.socketpair()
        self._shell = os.fork()
        if self._shell == 0:
            ours.close()
            enter(self._job, column, theirs)
        theirs.close()
        refused, listener = _listener(ours)
        if refused:
            return JobResult(refused=refused)
        self._free, self._used = disk_usage.free(self._job.workspace), disk_usage.used(self._roots)
        self._process_limit = ProcessLimit(self._job.max_tasks, column, self._count_tasks)
        self._watch(SeccompNotifications(listener, column, self._roots, self._may_fork))
        os.close(listener)
        process_tree.kill_all()
        code = _EXIT_KILLED if self._status is None else os.waitstatus_to_exitcode(self._status)
        return JobResult(exit_code=code if code >= 0 else 128 - code, stopped=self._stopped)

    def _watch(self, notifications: SeccompNotifications) -> None:
        """Serve notifications until the shell has ended, a limit is passed, or the lifeline is closed."""
        clock, ended = kernel.ticker(_TICK_SECONDS), os.pidfd_open(self._shell)
        events = select.poll()
        for descriptor in (clock, ended, notifications.listener, self._lifeline):
            events.register(descriptor, select.POLLIN)
        while not self._stopped and self._status is None:
            for descriptor, what in events.poll():
                if descriptor == self._lifeline:
                    return
                if descriptor == ended:
                    self._reap()
                elif descriptor == clock:
                    self._check_usage(int.from_bytes(os.read(clock, 8), sys.byteorder))
                elif what & select.POLLIN:
                    notifications.respond()
                else:
                    events.unregister(descriptor)

    def _reap(self) -> None:
        status = process_tree.reap(self._shell)
        self._status = self._status if status is None else status

    def _may_fork(self, thread: int) -> bool:
        if not self._process_limit.allow(thread):
            self._stopped = f"more than {self._job.max_tasks} processes and threads at once"
        return not self._stopped

    def _count_tasks(self) -> int:
        self._reap()
        return process_tree.tasks(process_tree.processes())

    def _check_usage(self, ticks: int) -> None:
        self._reap()
        memory = process_tree.memory(process_tree.processes())
        if memory > self._job.memory_bytes:
            self._stopped = f"more than {self._job.memory_bytes >> 20} MiB of memory in all"
        if disk_usage.free(self._job.workspace) < self._free // 2:
            self._stopped = "half of the free disk space was filled"
        self._ticks_to_disk_check -= ticks
        if self._ticks_to_disk_check < 0:
            self._ticks_to_disk_check = _DISK_SHARE * ticks
            if disk_usage.used(self._roots) - self._used > self._job.disk_bytes:
                self._stopped = f"more than {self._job.disk_bytes >> 20} MiB written in all"


def _listener(channel: _socket.socket) -> tuple[str, int]:
    """Return why the child could not be jailed, or "" and the descriptor that its notifications arrive at."""
    text, passed, _, _ = channel.recvmsg(4096, _socket.CMSG_LEN(4))
    if not passed:
        return text.decode(errors="replace") or "the child died before it was jailed", -1
    return "", array.array("i", passed[0][2])[0]


def main() -> None:
    """Run the job of stdin."""
    line = bytearray()
    while not line.endswith(b"\n"):
        data = os.read(0, 65536)
        if not data:
            return
        line += data
    job = Job.from_json(bytes(line))
    os.mkdir(job.home, 0o700)
    try:
        result = Launcher(job, 0).run()
    finally:
        disk_usage.remove(job.home)
    os.write(2, result.to_json())
