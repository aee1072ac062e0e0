"""Responds to the system calls that the filter notifies the launcher of (seccomp_unotify(2)).

New processes, files and shared memory are counted; modes and times are changed for the command, in the workspace only.
Every argument is a 64-bit number of the command's choice: none may do more than fail its own call.

Landlock does not mediate chmod and utimensat, and their paths cannot be judged by a filter. So the launcher does the
work itself, on a descriptor that it opened and looked up the path of: the command has nothing left to swap.
"""

import _thread
import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from damascus.workshop.jail import callers, kernel, seccomp_filter, syscalls
from damascus.workshop.jail.callers import OutsideWorkspace
from damascus.workshop.jail.socket_calls import Later, SocketCalls

_RECEIVE, _SEND, _IS_VALID = 0xC0502100, 0xC0182101, 0x40082102
_NOTIFICATION = struct.Struct("=QII iIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_CONTINUE = 1
_FIRST_NO_ERROR = 4096  # the kernel takes no greater errno
_MAP_ANONYMOUS = 0x20
_PERMISSIONS = 0o1777  # never set-user-id, never set-group-id


class Limits(Protocol):
    """Decides on what a command may have more of."""

    def may_fork(self, thread: int) -> bool:
        """Return True if `thread` may start one more process or thread."""
        ...

    def may_share(self, size: int) -> bool:
        """Return True if so many bytes of memory may be made for processes to share."""
        ...

    def may_create(self, thread: int, exists: Callable[[], bool]) -> bool:
        """Return True if `thread` may create a file, unless it `exists` already."""
        ...


class SeccompNotifications:
    """`respond()` serves one system call, and asks `limits` where it takes more of something."""

    def __init__(
        self, listener: int, column: int, roots: tuple[str, ...], limits: Limits, sockets: SocketCalls
    ) -> None:
        self.listener = listener
        self._roots = roots
        self._limits = limits
        self._sockets = sockets
        self._utimensat = syscalls.number("utimensat", column) or 0
        names = [*syscalls.FORKS, *syscalls.NOTIFIED, *syscalls.CREATIONS, *syscalls.SOCKET_CALLS, "mmap"]
        self._names = {syscalls.number(name, column): name for name in names}

    def respond(self) -> None:
        """Receive one notification and respond to it; a caller that died meanwhile is not an error."""
        notification = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notification)
            response = self._response_to(notification)
            if response:
                fcntl.ioctl(self.listener, _SEND, bytearray(response))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINTR):
                raise

    def _response_to(self, notification: bytearray) -> bytes:
        ident, thread, _, number, _, _, *arguments = _NOTIFICATION.unpack(notification)
        name = self._names[number]
        if name in syscalls.FORKS:
            error, flags = (0, _CONTINUE) if self._limits.may_fork(thread) else (errno.EAGAIN, 0)
        elif name == "mmap":
            error, flags = (0, _CONTINUE) if self._may_map(thread, arguments) else (errno.ENOMEM, 0)
        elif name in syscalls.CREATIONS:
            may = self._limits.may_create(thread, lambda: _exists(name, thread, arguments))
            error, flags = (0, _CONTINUE) if may else (errno.EDQUOT, 0)
        elif name in syscalls.SOCKET_CALLS:
            return self._of_socket(name, ident, thread, arguments)
        else:
            error, flags = self._try_change(name, ident, thread, arguments), 0
        return _RESPONSE.pack(ident, 0, -error, flags)

    def _may_map(self, thread: int, arguments: list[int]) -> bool:
        """Judge a shared mapping: anonymous memory is counted; of a file it is free, of a device there is none.

        /dev/zero would be anonymous memory under another name.
        """
        _, size, _, flags, file, _ = arguments
        if flags & _MAP_ANONYMOUS:
            return self._limits.may_share(size)
        try:
            return not stat.S_ISCHR(os.stat(f"/proc/{thread}/fd/{callers.integer(file)}").st_mode)
        except OSError:
            return False

    def _try_change(self, name: str, ident: int, thread: int, arguments: list[int]) -> int:
        """Make the change that the system call asks for; return its errno, 0 if it was made."""
        return -_value_of(lambda: self._change(name, ident, thread, arguments))

    def _of_socket(self, name: str, ident: int, thread: int, arguments: list[int]) -> bytes:
        """Return the response to a call on a socket, empty if a thread will send it because the call waits."""
        waits = list[Later]()

        def begin() -> int:
            found = self._sockets.make(name, lambda: self._check_alive(ident), thread, arguments)
            if isinstance(found, int):
                return found
            waits.append(found)
            return 0

        value = _value_of(begin)
        if waits:
            try:
                _thread.start_new_thread(self._send_later, (ident, waits[0]))
            except RuntimeError:
                waits[0].used.close()
                return _response(ident, -errno.EAGAIN)  # no more threads
            return b""
        return _response(ident, value)

    def _send_later(self, ident: int, later: Later) -> None:
        with suppress(OSError):  # its caller is gone, or the command has ended
            fcntl.ioctl(self.listener, _SEND, bytearray(_response(ident, _value_of(later.make))))

    def _change(self, name: str, ident: int, thread: int, arguments: list[int]) -> None:
        target = self._target(name, thread, arguments)
        try:
            path = f"/proc/self/fd/{target}"
            callers.check_inside(target, self._roots)
            if name == "utimensat":
                times = callers.memory(thread, arguments[2], 32) if arguments[2] else None
                self._check_alive(ident)
                kernel.syscall(self._utimensat, callers.AT_FDCWD, os.fsencode(path), times, 0)
            else:
                self._check_alive(ident)
                os.chmod(path, arguments[2 if name.startswith("fchmodat") else 1] & _PERMISSIONS)
        finally:
            os.close(target)

    def _check_alive(self, ident: int) -> None:
        fcntl.ioctl(self.listener, _IS_VALID, struct.pack("=Q", ident))

    def _target(self, name: str, thread: int, arguments: list[int]) -> int:
        """Return an O_PATH descriptor of the file that the call is about, resolved as its caller would."""
        if name == "fchmod":
            return os.open(f"/proc/{thread}/fd/{callers.integer(arguments[0])}", os.O_PATH)
        if name == "chmod":
            return callers.opened(thread, callers.AT_FDCWD, arguments[0], 0)
        folder = callers.integer(arguments[0])
        if name == "utimensat" and not arguments[1]:
            return os.open(f"/proc/{thread}/fd/{folder}", os.O_PATH)
        flags = 0 if name == "fchmodat" else arguments[3]
        return callers.opened(thread, folder, arguments[1], flags)


def _value_of(call: Callable[[], int | None]) -> int:
    """Return what a call made for a command returns, 0 or above, or its errno below 0."""
    try:
        return call() or 0
    except OutsideWorkspace:
        return -errno.EPERM
    except OSError as error:
        return -error.errno if error.errno and error.errno < _FIRST_NO_ERROR else -errno.EIO
    except (ValueError, OverflowError):
        return -errno.EINVAL  # a number or a path that no file has, chosen by the command


def _response(ident: int, value: int) -> bytes:
    return _RESPONSE.pack(ident, max(value, 0), min(value, 0), 0)


def _exists(name: str, thread: int, arguments: list[int]) -> bool:
    """Return True if what the call would create is there: what an O_TMPFILE makes never is."""
    folder, path = syscalls.CREATIONS[name]
    if name.startswith("open") and arguments[path + 1] & seccomp_filter.O_TMPFILE:
        return False
    try:
        os.close(
            callers.opened(
                thread, callers.AT_FDCWD if folder is None else callers.integer(arguments[folder]), arguments[path], 0
            )
        )
    except (OSError, ValueError, OverflowError):
        return False
    return True
