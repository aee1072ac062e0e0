"""Responds to the system calls that the filter notifies the launcher of (seccomp_unotify(2)).

New processes, files and shared memory are counted; modes and times are changed for the command, in the workspace only.
Every argument is a 64-bit number of the command's choice: none may do more than fail its own call.

Landlock does not mediate chmod and utimensat, and their paths cannot be judged by a filter. So the launcher does the
work itself, on a descriptor that it opened and looked up the path of: the command has nothing left to swap.
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable
from typing import Protocol

from damascus.workshop.jail import kernel, seccomp_filter, syscalls

_RECEIVE, _SEND, _IS_VALID = 0xC0502100, 0xC0182101, 0x40082102
_NOTIFICATION = struct.Struct("=QII iIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_CONTINUE = 1
_FIRST_NO_ERROR = 4096  # the kernel takes no greater errno
_MAP_ANONYMOUS = 0x20
_ADDRESSES = 1 << 63  # pread(2) takes no greater offset, and no process has memory there
_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_MAX_PATH_BYTES = 4096
_PERMISSIONS = 0o1777  # never set-user-id, never set-group-id


class OutsideWorkspace(Exception):
    """The path is not in the workspace."""


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

    def __init__(self, listener: int, column: int, roots: tuple[str, ...], limits: Limits) -> None:
        self.listener = listener
        self._roots = roots
        self._limits = limits
        self._utimensat = syscalls.number("utimensat", column) or 0
        names = [*syscalls.FORKS, *syscalls.NOTIFIED, *syscalls.CREATIONS, "mmap"]
        self._names = {syscalls.number(name, column): name for name in names}

    def respond(self) -> None:
        """Receive one notification and respond to it; a caller that died meanwhile is not an error."""
        notification = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notification)
            response = self._response_to(notification)
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
            return not stat.S_ISCHR(os.stat(f"/proc/{thread}/fd/{_int(file)}").st_mode)
        except OSError:
            return False

    def _try_change(self, name: str, ident: int, thread: int, arguments: list[int]) -> int:
        """Make the change that the system call asks for; return its errno, 0 if it was made."""
        try:
            self._change(name, ident, thread, arguments)
        except OutsideWorkspace:
            return errno.EPERM
        except OSError as error:
            return error.errno if error.errno and error.errno < _FIRST_NO_ERROR else errno.EIO
        except (ValueError, OverflowError):
            return errno.EINVAL  # a number or a path that no file has, chosen by the command
        return 0

    def _change(self, name: str, ident: int, thread: int, arguments: list[int]) -> None:
        target = self._target(name, thread, arguments)
        try:
            path = f"/proc/self/fd/{target}"
            self._check_inside(os.readlink(path))
            if name == "utimensat":
                times = _memory(thread, arguments[2], 32) if arguments[2] else None
                self._check_alive(ident)
                kernel.syscall(self._utimensat, _AT_FDCWD, os.fsencode(path), times, 0)
            else:
                self._check_alive(ident)
                os.chmod(path, arguments[2 if name.startswith("fchmodat") else 1] & _PERMISSIONS)
        finally:
            os.close(target)

    def _check_alive(self, ident: int) -> None:
        fcntl.ioctl(self.listener, _IS_VALID, struct.pack("=Q", ident))

    def _check_inside(self, path: str) -> None:
        if not any(path == root or path.startswith(root + "/") for root in self._roots):
            raise OutsideWorkspace(path)

    def _target(self, name: str, thread: int, arguments: list[int]) -> int:
        """Return an O_PATH descriptor of the file that the call is about, resolved as its caller would."""
        if name == "fchmod":
            return os.open(f"/proc/{thread}/fd/{_int(arguments[0])}", os.O_PATH)
        if name == "chmod":
            return _open(thread, _AT_FDCWD, arguments[0], 0)
        folder = _int(arguments[0])
        if name == "utimensat" and not arguments[1]:
            return os.open(f"/proc/{thread}/fd/{folder}", os.O_PATH)
        flags = 0 if name == "fchmodat" else arguments[3]
        return _open(thread, folder, arguments[1], flags)


def _int(value: int) -> int:
    return int.from_bytes((value & 0xFFFFFFFF).to_bytes(4, "little"), "little", signed=True)


def _exists(name: str, thread: int, arguments: list[int]) -> bool:
    """Return True if what the call would create is there: what an O_TMPFILE makes never is."""
    folder, path = syscalls.CREATIONS[name]
    if name.startswith("open") and arguments[path + 1] & seccomp_filter.O_TMPFILE:
        return False
    try:
        os.close(_open(thread, _AT_FDCWD if folder is None else _int(arguments[folder]), arguments[path], 0))
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _open(thread: int, folder: int, address: int, flags: int) -> int:
    path = _text(thread, address)
    base = f"/proc/{thread}/cwd" if folder == _AT_FDCWD else f"/proc/{thread}/fd/{folder}"
    if not path:
        return os.open(base, os.O_PATH)  # AT_EMPTY_PATH
    if path.startswith(b"/proc/self/"):
        path = b"/proc/%d/%b" % (thread, path.removeprefix(b"/proc/self/"))
    start = os.open(base, os.O_PATH) if not path.startswith(b"/") else None
    try:
        return os.open(path, os.O_PATH | (os.O_NOFOLLOW if flags & _AT_SYMLINK_NOFOLLOW else 0), dir_fd=start)
    finally:
        if start is not None:
            os.close(start)


def _memory(thread: int, address: int, size: int) -> bytes:
    """Return `size` bytes of a thread's memory. Raises OSError if so many are not there."""
    if address + size > _ADDRESSES:
        raise OSError(errno.EFAULT, "address")
    memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        found = os.pread(memory, size, address)
    finally:
        os.close(memory)
    if len(found) < size:
        raise OSError(errno.EFAULT, "memory")  # it ends there, or its process does
    return found


def _text(thread: int, address: int) -> bytes:
    """Return the string at `address`, read page by page because the next page may not be mapped."""
    found = b""
    while len(found) < _MAX_PATH_BYTES:
        found += _memory(thread, address + len(found), _MAX_PATH_BYTES - (address + len(found)) % _MAX_PATH_BYTES)
        if b"\0" in found:
            return found.partition(b"\0")[0]
    raise OSError(errno.ENAMETOOLONG, "path")
