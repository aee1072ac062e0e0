"""The keeper: the one parent of all that a command starts, which cannot be left before all of it is dead.

It is the first process of a PID namespace where the kernel grants one (to root, or with user namespaces): when it ends,
for whatever reason, the kernel kills everything in the namespace, and it is killed when the launcher dies. Elsewhere it
is a subreaper: what is orphaned in the tree becomes its child, and when the launcher dies it kills them itself. It
parses nothing of a command's, so no command can crash it. When both are killed in the same moment, `leftovers.py` ends
what they left.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from damascus.workshop.jail import kernel, loopback, process_tree
from damascus.workshop.jail.job import Loopback

_STATUS_BYTES = 4
_END = {signal.SIGCHLD, signal.SIGTERM}
_MAX_OPEN_FILES = 1024
_PIDS, _USERS, _NETWORK = kernel.CLONE_NEWPID, kernel.CLONE_NEWUSER, kernel.CLONE_NEWNET
_WISHES = (_PIDS | _NETWORK, _PIDS | _NETWORK | _USERS, _PIDS, _PIDS | _USERS)  # the first that is granted


class Keeper(NamedTuple):
    """Its process as the launcher sees it; `status` becomes readable when the shell or the keeper itself has ended."""

    process: int
    ended: int
    status: int

    def exit_status(self) -> int | None:
        """Return the shell's wait status, None if there is none because the keeper was killed first; blocks."""
        data = os.read(self.status, _STATUS_BYTES)
        return int.from_bytes(data, sys.byteorder) if len(data) == _STATUS_BYTES else None

    def end(self, seconds: float) -> None:
        """Have it kill everything and end; kill it if it has not ended after `seconds`."""
        for how, milliseconds in ((signal.SIGTERM, seconds * 1000), (signal.SIGKILL, None)):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.ended, how)
            if kernel.has_ended(self.ended, milliseconds):
                break


def start(column: int, lock: int, joins: tuple[int, ...], become_shell: Callable[[Loopback], NoReturn]) -> Keeper:
    """Start a keeper that holds `lock` open, and whose child calls `become_shell` with the loopback that it has.

    `joins`: see Job. Raises OSError if these cannot be joined.
    """
    launcher = os.pidfd_open(os.getpid())
    status, report = os.pipe()
    process, granted = _fork_beside(column, joins) if joins else _fork(column)
    if process == 0:
        try:
            network = Loopback.OWN if granted & _NETWORK else Loopback.NONE
            _keep(launcher, report, lock, bool(granted), lambda: become_shell(network))
        finally:
            os._exit(1)
    os.close(report)
    os.close(launcher)
    return Keeper(process, os.pidfd_open(process), status)


def _fork(column: int) -> tuple[int, int]:
    """Fork, into namespaces as far as the kernel grants them; return the child's number, 0 in the child, and which."""
    for flags in _WISHES:
        process = _fork_into_namespaces(column, flags)
        if process is not None:
            return process, flags
    return os.fork(), 0


def _fork_beside(column: int, joins: tuple[int, ...]) -> tuple[int, int]:
    """Fork, into another command's network and a PID namespace of its own; as _fork. Raises OSError if it cannot."""
    heard, tell = os.pipe()
    helper = os.fork()
    if helper == 0:
        process = -1
        try:
            loopback.join(joins)
            kernel.unshare(_PIDS)
            process = kernel.fork_with(column, kernel.CLONE_PARENT)
        finally:
            if process != 0:
                os.write(tell, max(process, 0).to_bytes(_STATUS_BYTES, sys.byteorder))
                os._exit(0)
        return 0, _PIDS | _NETWORK
    os.close(tell)
    process = int.from_bytes(os.read(heard, _STATUS_BYTES), sys.byteorder)
    os.close(heard)
    os.waitpid(helper, 0)
    if not process:
        raise OSError("the loopback of the task's background command cannot be joined")
    return process, _PIDS | _NETWORK


def _fork_into_namespaces(column: int, flags: int) -> int | None:
    """Fork into new namespaces; return the child's number, 0 in the child, None where they are not granted."""
    user, group = os.geteuid(), os.getegid()
    ready, done = os.pipe()
    try:
        process = kernel.fork_with(column, flags)
    except OSError:
        process = None  # as in most containers
    if process == 0:
        try:
            if flags & kernel.CLONE_NEWUSER:
                kernel.map_user(user, group)
            if flags & _NETWORK:
                loopback.bring_up()
        except OSError:
            os._exit(1)
        os.write(done, b"+")
        return process
    os.close(done)
    granted = os.read(ready, 1)  # by a kernel that lets only some programs be somebody in a new user namespace
    os.close(ready)
    if process is not None and not granted:
        os.waitpid(process, 0)
    return process if granted else None


def _keep(launcher: int, report: int, lock: int, namespaced: bool, become_shell: Callable[[], NoReturn]) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _END)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL if namespaced else signal.SIGTERM)
    if kernel.has_ended(launcher):
        return  # it died before it could be listened to
    shell = os.fork()
    if shell == 0:
        become_shell()
    try:
        os.dup2(report, 0)
        os.dup2(lock, 1)
        os.closerange(2, _MAX_OPEN_FILES)  # the command's output must end with the command
        status: int | None = None
        while signal.sigwait(_END) == signal.SIGCHLD:
            ended = process_tree.reap(shell)
            if status is None and ended is not None:
                status = ended
                with suppress(BrokenPipeError):
                    os.write(0, status.to_bytes(_STATUS_BYTES, sys.byteorder))
    finally:
        if not namespaced:
            process_tree.kill_all()
