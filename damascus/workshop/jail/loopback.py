"""The network of a command: nothing but a loopback, which only the commands of its task reach.

It is a network namespace of its own where the kernel grants one (to root, or with user namespaces). In the workshop's
own container it may be that container's network, if nothing is in it; then commands of other tasks are reached as well.
What is not promised: that the kernel's memory for sockets is counted.
"""

import _socket
import fcntl
import os
import struct

from damascus.workshop.jail import kernel

_NAME = b"lo"
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914
_UP = 1
_REQUEST = struct.Struct("16sH22x")  # struct ifreq


def bring_up() -> None:
    """Switch on the loopback of a new network namespace. Raises OSError if the kernel refuses."""
    control = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    try:
        fcntl.ioctl(control.fileno(), _SET_FLAGS, _REQUEST.pack(_NAME, _flags(control, _NAME) | _UP))
    finally:
        control.close()


def is_only() -> bool:
    """Return True if a loopback is the only device of this process's network that is switched on."""
    try:
        control = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        try:
            up = [name for _, name in _socket.if_nameindex() if _flags(control, name.encode()) & _UP]
        finally:
            control.close()
    except OSError:
        return False
    return up == [_NAME.decode()]


def join(namespaces: tuple[int, ...]) -> None:
    """Enter the namespaces of users and of the network that another command has, for these descriptors.

    Raises OSError if the kernel refuses, or if the network is not one that a command can have.
    """
    user, network = namespaces
    if os.fstat(user).st_ino != os.stat("/proc/self/ns/user").st_ino:
        kernel.join(user, kernel.CLONE_NEWUSER)
    before = os.stat("/proc/self/ns/net").st_ino
    kernel.join(network, kernel.CLONE_NEWNET)
    if os.stat("/proc/self/ns/net").st_ino == before or not is_only():
        raise OSError("the network to join is not a command's")


def _flags(control: _socket.socket, name: bytes) -> int:
    answer = fcntl.ioctl(control.fileno(), _GET_FLAGS, _REQUEST.pack(name, 0))
    flags: int = _REQUEST.unpack(answer)[1]
    return flags
