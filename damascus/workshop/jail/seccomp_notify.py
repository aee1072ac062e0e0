"""Answers to the system calls that the filter holds: new processes are counted, modes and times are changed for the
command, inside the workspace only.

Landlock does not mediate chmod and utimensat, and their paths cannot be judged by a filter. So the launcher does the
work itself, on a descriptor that it opened and whose place it looked up: the command has nothing left to swap.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Callable

from damascus.workshop.jail import kernel, syscalls

_RECEIVE, _ANSWER, _STILL_THERE = 0xC0502100, 0xC0182101, 0x40082102
_NOTICE = struct.Struct("=QII iIQ6Q")
_REPLY = struct.Struct("=QqiI")
_GO_ON = 1
_HERE = -100
_NOFOLLOW = 0x100
_PATH_MAX = 4096
_PERMISSIONS = 0o1777  # never set-user-id, never set-group-id


class OutsideWorkspace(Exception):
    """The path is not in the workspace."""


class SeccompNotifications:
    """`answer()` serves one held call; `may_fork` says whether a thread may start one more."""

    def __init__(self, listener: int, column: int, roots: tuple[str, ...], may_fork: Callable[[int], bool]) -> None:
        self.listener = listener
        self._roots = roots
        self._may_fork = may_fork
        self._utimensat = syscalls.number("utimensat", column) or 0
        names = [*syscalls.FORKS, *syscalls.HELD]
        self._names = {syscalls.number(name, column): name for name in names}

    def answer(self) -> None:
        """Take one call and answer it; a caller that died meanwhile is no error."""
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notice)
            reply = self._reply(notice)
            fcntl.ioctl(self.listener, _ANSWER, bytearray(reply))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINTR):
                raise

    def _reply(self, notice: bytearray) -> bytes:
        ident, thread, _, number, _, _, *arguments = _NOTICE.unpack(notice)
        name = self._names[number]
        if name in syscalls.FORKS:
            return (
                _REPLY.pack(ident, 0, 0, _GO_ON) if self._may_fork(thread) else _REPLY.pack(ident, 0, -errno.EAGAIN, 0)
            )
        try:
            self._change(name, ident, thread, arguments)
        except OutsideWorkspace:
            return _REPLY.pack(ident, 0, -errno.EPERM, 0)
        except OSError as error:
            return _REPLY.pack(ident, 0, -(error.errno or errno.EIO), 0)
        return _REPLY.pack(ident, 0, 0, 0)

    def _change(self, name: str, ident: int, thread: int, arguments: list[int]) -> None:
        target = self._target(name, thread, arguments)
        try:
            place = f"/proc/self/fd/{target}"
            self._within(os.readlink(place))
            if name == "utimensat":
                times = _memory(thread, arguments[2], 32) if arguments[2] else None
                self._check_alive(ident)
                kernel.syscall(self._utimensat, _HERE, os.fsencode(place), times, 0)
            else:
                self._check_alive(ident)
                os.chmod(place, arguments[2 if name.startswith("fchmodat") else 1] & _PERMISSIONS)
        finally:
            os.close(target)

    def _check_alive(self, ident: int) -> None:
        fcntl.ioctl(self.listener, _STILL_THERE, struct.pack("=Q", ident))

    def _within(self, path: str) -> None:
        if not any(path == root or path.startswith(root + "/") for root in self._roots):
            raise OutsideWorkspace(path)

    def _target(self, name: str, thread: int, arguments: list[int]) -> int:
        """An O_PATH descriptor of what the call means, resolved as its caller would."""
        if name == "fchmod":
            return os.open(f"/proc/{thread}/fd/{_int(arguments[0])}", os.O_PATH)
        if name == "chmod":
            return _open(thread, _HERE, arguments[0], 0)
        folder = _int(arguments[0])
        if name == "utimensat" and not arguments[1]:
            return os.open(f"/proc/{thread}/fd/{folder}", os.O_PATH)
        flags = 0 if name == "fchmodat" else arguments[3]
        return _open(thread, folder, arguments[1], flags)


def _int(word: int) -> int:
    return int.from_bytes((word & 0xFFFFFFFF).to_bytes(4, "little"), "little", signed=True)


def _open(thread: int, folder: int, address: int, flags: int) -> int:
    path = _text(thread, address)
    base = f"/proc/{thread}/cwd" if folder == _HERE else f"/proc/{thread}/fd/{folder}"
    if not path:
        return os.open(base, os.O_PATH)  # AT_EMPTY_PATH
    if path.startswith(b"/proc/self/"):
        path = b"/proc/%d/%b" % (thread, path.removeprefix(b"/proc/self/"))
    start = os.open(base, os.O_PATH) if not path.startswith(b"/") else None
    try:
        return os.open(path, os.O_PATH | (os.O_NOFOLLOW if flags & _NOFOLLOW else 0), dir_fd=start)
    finally:
        if start is not None:
            os.close(start)


def _memory(thread: int, address: int, size: int) -> bytes:
    memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        return os.pread(memory, size, address)
    finally:
        os.close(memory)


def _text(thread: int, address: int) -> bytes:
    """The string at `address`, read page by page because the next page may not be there."""
    found = b""
    while len(found) < _PATH_MAX:
        found += _memory(thread, address + len(found), _PATH_MAX - (address + len(found)) % _PATH_MAX)
        if b"\0" in found:
            return found.partition(b"\0")[0]
    raise OSError(errno.ENAMETOOLONG, "path")
