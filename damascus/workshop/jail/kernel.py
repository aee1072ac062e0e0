"""The system calls that Python has no function for, through ctypes; an error is an OSError as everywhere else."""

import ctypes
import os
import select
import signal

from damascus.workshop.jail import syscalls

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_PARENT = 0x00008000
_PIDFD_GETFD = 438
_CAPABILITIES_V3 = 0x20080522
_MONOTONIC = 1


def call(name: str, *arguments: object) -> int:
    """Call the C library's `name` and return what it returns. Raises OSError if that is -1."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long if name == "syscall" else ctypes.c_int
    result: int = function(*arguments)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """Make system call `number` and return what it returns; integers go as 64 bits. Raises OSError if it fails."""
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return call("syscall", ctypes.c_long(number), *wide)


def prctl(option: int, value: int = 0) -> None:
    """Set a property of this process. Raises OSError if the kernel refuses."""
    call("prctl", option, *map(ctypes.c_ulong, (value, 0, 0, 0)))


def drop_capabilities() -> None:
    """Give up every capability; with no_new_privs set no program that is started gets one back, root's neither."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)


def ticker(seconds: float) -> int:
    """Return a descriptor that becomes readable every `seconds`; reading 8 bytes gives how often it did."""
    descriptor = call("timerfd_create", _MONOTONIC, 0)
    whole, nanoseconds = int(seconds), int(seconds % 1 * 1e9)
    every = (ctypes.c_long * 4)(whole, nanoseconds, whole, nanoseconds)
    call("timerfd_settime", descriptor, 0, every, None)
    return descriptor


def fork_with(column: int, flags: int) -> int:
    """Fork with clone(2)'s `flags`; return the child's number, 0 in the child. Raises OSError if the kernel refuses.

    Only for a process of one thread.
    """
    clone = ctypes.PyDLL(None, use_errno=True).syscall  # unlike CDLL it keeps the interpreter's lock, as fork does
    clone.restype = ctypes.c_long
    number = syscalls.number("clone", column)
    words = (number, flags | signal.SIGCHLD, 0, 0, 0, 0)
    process: int = clone(*[ctypes.c_long(word or 0) for word in words])
    if process == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"clone: {os.strerror(error)}")
    return process


def map_user(user: int, group: int) -> None:
    """Be the same user in a new user namespace as before it. Raises OSError if the kernel refuses."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def join(namespace: int, kind: int) -> None:
    """Enter the namespace of a descriptor, which is of this kind. Raises OSError if the kernel refuses."""
    call("setns", namespace, kind)


def unshare(kinds: int) -> None:
    """Have new namespaces; a PID namespace is for children only. Raises OSError if the kernel refuses."""
    call("unshare", kinds)


def file_of(process: int, descriptor: int) -> int:
    """Return our own descriptor for a file that another process has open; `process` is a pidfd. Raises OSError."""
    return syscall(_PIDFD_GETFD, process, descriptor, 0)


def has_ended(pidfd: int, milliseconds: float | None = 0) -> bool:
    """Return True if the process of a pidfd has ended, or ends within so long (None: whenever that is)."""
    events = select.poll()
    events.register(pidfd, select.POLLIN)
    return bool(events.poll(milliseconds))
