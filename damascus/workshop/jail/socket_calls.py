"""Calls on a command's sockets that the launcher makes for it, on a descriptor of its own for the same socket.

Neither Landlock nor the filter sees the path of a Unix socket: one outside could be connected to. So the launcher
connects and binds, to a path below the command's home that it looked up itself, and the command has nothing left to
swap; names without a path are refused. It sends messages, too, and keeps the files that they carry in sight
(in_flight.py). A call that may wait is made in a thread, and continues when its caller was killed; so all of them
together hold no more than a number of the launcher's descriptors, without which it would count nothing any more. Not
promised: that a Unix socket's own name is the one that it was bound to.
"""

import _socket
import errno
import fcntl
import os
import struct
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from damascus.workshop.jail import callers, kernel
from damascus.workshop.jail.callers import OutsideWorkspace
from damascus.workshop.jail.in_flight import FilesInFlight

_MAX_ADDRESS_BYTES, _MAX_NAME_BYTES = 128, 80
_MAX_PARTS, _MAX_SENT_BYTES, _MAX_CONTROL_BYTES = 1024, 1 << 18, 4096
_MAX_TAKEN = 300  # descriptors; with as many for files in flight they leave some of the usual 1024
# any other flag is left out: with MSG_ZEROCOPY the launcher's memory would be sent, whatever is there by then
_FLAGS = _socket.MSG_DONTWAIT | _socket.MSG_DONTROUTE | _socket.MSG_EOR | _socket.MSG_MORE | _socket.MSG_OOB
_FAMILY = struct.Struct("=H")
_MESSAGE = struct.Struct("=QI4xQQQQ")  # struct msghdr, but for what it returns
_PART, _CONTROL, _ALIGNMENT = struct.Struct("=QQ"), struct.Struct("=Qii"), 8
_TGID = b"Tgid:"

MayCreate = Callable[[int, Callable[[], bool]], bool]


class Caller(NamedTuple):
    """A thread that waits for its call, and a pidfd of its process."""

    thread: int
    process: int


class Later(NamedTuple):
    """A call that may wait, and what it uses."""

    used: ExitStack
    call: Callable[[], int]

    def make(self) -> int:
        """Return what the call returns. Raises OSError."""
        with self.used:
            return self.call()


class SocketCalls:
    """Makes the calls in `syscalls.SOCKET_CALLS`; paths lead below `home`, where each new file is asked for."""

    def __init__(self, home: str, may_create: MayCreate) -> None:
        self._home = (home,)
        self._may_create = may_create
        self._taken = set[int]()
        self.in_flight = FilesInFlight()

    def make(self, name: str, check_alive: Callable[[], None], thread: int, arguments: list[int]) -> int | Later:
        """Return what the call returns, or how to make it if it waits. Raises OSError, OutsideWorkspace."""
        with ExitStack() as used:
            caller = Caller(thread, self._take(used, os.pidfd_open(_process_of(thread))))
            check_alive()  # so that these are still the caller's numbers
            file = self._take(used, kernel.file_of(caller.process, callers.integer(arguments[0])))
            socket = _socket.socket(fileno=file)
            used.callback(socket.detach)
            if name != "sendmsg":
                address = self._address(name, used, socket, thread, arguments)
                made = partial(kernel.call, name, file, address, len(address))
                return made() if name == "bind" else Later(used.pop_all(), made)
            # said with the call: a caller could have its socket wait after it was looked at
            is_at_once = fcntl.fcntl(file, fcntl.F_GETFL) & os.O_NONBLOCK or arguments[2] & _socket.MSG_DONTWAIT
            flags = arguments[2] & _FLAGS | _socket.MSG_NOSIGNAL | (_socket.MSG_DONTWAIT if is_at_once else 0)
            call = self._sending(used, socket, caller, arguments[1], flags)
            return call() if is_at_once else Later(used.pop_all(), call)

    def _take(self, used: ExitStack, descriptor: int) -> int:
        """Have a descriptor closed after the call. Raises OSError if the calls hold too many."""
        used.callback(os.close, descriptor)
        if len(self._taken) >= _MAX_TAKEN:
            raise OSError(errno.ENOBUFS, "descriptors")
        self._taken.add(descriptor)
        used.callback(self._taken.discard, descriptor)
        return descriptor

    def _address(self, name: str, used: ExitStack, socket: _socket.socket, thread: int, arguments: list[int]) -> bytes:
        """Return the address that a call names; for the path of a Unix socket, one that leads to what it led to."""
        address = _address(thread, arguments[1], callers.integer(arguments[2]))
        if socket.family != _socket.AF_UNIX:
            return address
        path = address[_FAMILY.size :].partition(b"\0")[0]
        if not path:
            raise OutsideWorkspace("a name that has no path")  # other commands of the task would hear it
        return _FAMILY.pack(_socket.AF_UNIX) + self._path(name, used, thread, path) + b"\0"

    def _path(self, name: str, used: ExitStack, thread: int, path: bytes) -> bytes:
        folder, _, last = path.rpartition(b"/")
        if name == "bind":
            path = folder or (b"/" if path.startswith(b"/") else b".")
        file = self._take(used, callers.opened_path(thread, callers.AT_FDCWD, path, 0))
        callers.check_inside(file, self._home)
        if name == "connect":
            return b"/proc/self/fd/%d" % file
        if last in (b"", b".", b"..") or len(last) > _MAX_NAME_BYTES:
            raise OSError(errno.EINVAL, "name")
        if not self._may_create(thread, lambda: False):
            raise OSError(errno.EDQUOT, "files")
        return b"/proc/self/fd/%d/%b" % (file, last)

    def _sending(
        self, used: ExitStack, socket: _socket.socket, caller: Caller, message: int, flags: int
    ) -> Callable[[], int]:
        """Return how to send a message. Raises OSError if it carries what is neither data nor files."""
        header = _MESSAGE.unpack(callers.memory(caller.thread, message, _MESSAGE.size))
        place, size, parts, count, control, control_size = header
        if count > _MAX_PARTS or control_size > _MAX_CONTROL_BYTES:
            raise OSError(errno.EMSGSIZE, "message")
        if size and place and socket.family == _socket.AF_UNIX:
            raise OSError(errno.EISCONN, "connected")
        data = _data(caller.thread, callers.memory(caller.thread, parts, count * _PART.size), socket.type)
        if not control_size:
            to = _address(caller.thread, place, size) if size and place else None
            return partial(kernel.call, "sendto", socket.fileno(), data, len(data), flags, to, len(to or b""))
        if socket.family != _socket.AF_UNIX:
            raise OSError(errno.EPERM, "control")
        numbers = _files(callers.memory(caller.thread, control, control_size))
        files = [self._take(used, kernel.file_of(caller.process, number)) for number in numbers]
        used.enter_context(self.in_flight.leaving(files))
        rights = struct.pack(f"={len(files)}i", *files)
        return partial(socket.sendmsg, [data], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)], flags)


def _process_of(thread: int) -> int:
    """Return the process that a thread is of; in its status only the kernel ends a line (process_tree.kilobytes)."""
    with open(f"/proc/{thread}/status", "rb") as file:
        for line in file:
            if line.startswith(_TGID):
                return int(line.removeprefix(_TGID))
    raise OSError(errno.ESRCH, "process")


def _address(thread: int, place: int, size: int) -> bytes:
    if not _FAMILY.size <= size <= _MAX_ADDRESS_BYTES:
        raise OSError(errno.EINVAL, "address")
    return callers.memory(thread, place, size)


def _data(thread: int, parts: bytes, kind: int) -> bytes:
    """Return what the parts of a message hold together; of a long stream only the beginning is sent."""
    left, data = _MAX_SENT_BYTES, bytearray()
    for start, length in _PART.iter_unpack(parts):
        if length > left and kind != _socket.SOCK_STREAM:
            raise OSError(errno.EMSGSIZE, "message")
        data += callers.memory(thread, start, min(length, left))
        left = _MAX_SENT_BYTES - len(data)
    return bytes(data)


def _files(control: bytes) -> list[int]:
    """Return the descriptors in a message's control data. Raises OSError if there is anything else in it."""
    found = list[int]()
    while len(control) >= _CONTROL.size:
        size, level, kind = _CONTROL.unpack_from(control)
        if (level, kind) != (_socket.SOL_SOCKET, _socket.SCM_RIGHTS) or not _CONTROL.size <= size <= len(control):
            raise OSError(errno.EPERM, "control")
        numbers = control[_CONTROL.size : size]
        found += struct.unpack(f"={len(numbers) // 4}i", numbers[: len(numbers) // 4 * 4])
        control = control[-(-size // _ALIGNMENT) * _ALIGNMENT :]
    return found
