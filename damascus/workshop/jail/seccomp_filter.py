"""The system call filter: a seccomp program made from the table in `syscalls.py`.

A program of another architecture is killed; so is one on a machine whose numbers are not in the table: there is none.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import NamedTuple

from damascus.workshop.jail import kernel, syscalls
from damascus.workshop.jail.job import Loopback

_SECCOMP = {syscalls.X86_64: 317, syscalls.AARCH64: 277}
_SET_FILTER, _ASK_ACTION = 1, 2
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5
_LOAD, _EQUAL, _GREATER_OR_EQUAL, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, NOTIFY, KILL, _ERROR = 0x7FFF0000, 0x7FC00000, 0x80000000, 0x00050000
_NAMESPACES = 0x7E020000
_TRUNCATE, _WRITE_OR_TRUNCATE = 0x200, 0x203
O_TMPFILE = 0x400000
_MAY_CREATE = 0x40 | O_TMPFILE
_SET_ID = 0o6000
_RENAME_WHITEOUT = 4
_PR_SET_DUMPABLE = 4
_MAP_SHARED = 1  # of both kinds, MAP_SHARED and MAP_SHARED_VALIDATE
_UNIX, _INET, _INET6, _STREAM, _DATAGRAM, _SEQPACKET, _TYPE = 1, 2, 10, 1, 2, 5, 0xF
_TCP, _UDP = 6, 17
# which process gets a descriptor's signals, leases and watches: they reach processes and files outside
_FCNTLS = (8, 10, 15, 1024, 1026)
# typing into a terminal, attributes of files, which process gets a socket's signals
_IOCTLS = (0x5412, 0x541C, 0x40086602, 0x40046602, 0x40087602, 0x401C5820, 0x8901, 0x8902)
# a fallocate by other names (FS_IOC_RESVSP...), and folders that no mkdir made (volumes and snapshots of btrfs)
_GROWING_IOCTLS = (0x40305828, 0x4030582A, 0x40305839, 0x5000940E, 0x50009418, 0x50009401, 0x50009417)

Instruction = tuple[int, int, int, int]  # operation, how far to jump if true, if false, operand


class Network(NamedTuple):
    """What a command has of a network; `shares_files`: the launcher takes files of the command's (kernel.file_of)."""

    loopback: Loopback
    shares_files: bool


_NOTHING = Network(Loopback.NONE, False)


def architecture() -> int | None:
    """Return the table's column for this machine, None if it has none."""
    known = syscalls.AUDIT.get(os.uname().machine)
    return known[0] if known and sys.maxsize > 2**32 else None


def can_notify(column: int) -> bool:
    """Return True if the kernel can suspend a system call until the launcher has responded to it."""
    try:
        kernel.syscall(_SECCOMP[column], _ASK_ACTION, 0, struct.pack("I", NOTIFY))
    except OSError:
        return False
    return True


def _refuse(error: int) -> Instruction:
    return (_RETURN, 0, 0, _ERROR | error)


_END: Instruction = (_RETURN, 0, 0, ALLOW)
_NO: Instruction = _refuse(errno.EPERM)
_ASK: Instruction = (_RETURN, 0, 0, NOTIFY)


def _argument(n: int) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * n)  # its low half: these arguments are ints to the kernel


def _upper_half(n: int) -> Instruction:
    return (_LOAD, 0, 0, 20 + 8 * n)


def _only(n: int, value: int) -> list[Instruction]:
    return [_argument(n), (_EQUAL, 0, 1, value), _END, _NO]


def _none_of(n: int, values: tuple[int, ...]) -> list[Instruction]:
    return [_argument(n), *((_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)), _END, _NO]


def _opens(n: int) -> list[Instruction]:
    """Hold what may create a file. Landlock below ABI 3 does not see that opening for reading can empty one."""
    return [
        _argument(n), (_AND, 0, 0, _WRITE_OR_TRUNCATE), (_EQUAL, 0, 1, _TRUNCATE), _NO,
        _argument(n), (_ANY_BIT, 1, 0, _MAY_CREATE), _END, *_creates(n + 1),
    ]  # fmt: skip


def _creates(n: int) -> list[Instruction]:
    """Ask for a new file, whose mode this argument is; chmod would not make a program that runs as its owner either."""
    return [_argument(n), (_ANY_BIT, 0, 1, _SET_ID), _NO, _ASK]


def _keeps_mark() -> list[Instruction]:
    """Allow prlimit64 on the caller itself, but not to set the limit that is its command's mark."""
    return [
        _argument(0), (_EQUAL, 0, 7, 0),
        _argument(1), (_EQUAL, 0, 4, syscalls.RLIMIT_LOCKS),
        _argument(2), (_EQUAL, 0, 3, 0), _upper_half(2), (_EQUAL, 0, 1, 0), _END, _NO,
    ]  # fmt: skip


def _sockets(unix: bool) -> list[Instruction]:
    """Allow TCP and UDP; of Unix sockets the kinds that are connected once, where the launcher connects them."""
    own = [
        _argument(0), (_EQUAL, 0, 6, _UNIX),
        _argument(1), (_AND, 0, 0, _TYPE), (_EQUAL, 1, 0, _STREAM), (_EQUAL, 0, 1, _SEQPACKET), _END, _NO,
    ]  # fmt: skip
    return (own if unix else []) + [
        _argument(0), (_EQUAL, 1, 0, _INET), (_EQUAL, 0, 9, _INET6),
        _argument(1), (_AND, 0, 0, _TYPE), (_EQUAL, 1, 0, _STREAM), (_EQUAL, 0, 5, _DATAGRAM),
        _argument(2), (_EQUAL, 2, 0, 0), (_EQUAL, 1, 0, _TCP), (_EQUAL, 0, 1, _UDP), _END, _NO,
    ]  # fmt: skip


def _networking(has: Network) -> dict[str, list[Instruction]]:
    rules = dict[str, list[Instruction]]()
    if has.loopback != Loopback.NONE:
        rules |= {name: [_END] for name in syscalls.LISTENING}
        rules |= {name: [_ASK] if has.shares_files else [_END] for name in ("connect", "bind")}
        rules["socket"] = _sockets(has.shares_files)
    if has.shares_files:
        rules |= {name: [_NO] for name in syscalls.SEALED}
        if has.loopback != Loopback.NONE:
            rules["sendmsg"] = [_ASK]
    return rules


def _looked_into() -> dict[str, list[Instruction]]:
    own_priority = [_argument(0), (_EQUAL, 0, 3, 0), _argument(1), (_EQUAL, 0, 1, 0), _END, _NO]
    # a datagram socket could be connected to another address later, a stream of a pair cannot
    stream_pair = [
        _argument(0), (_EQUAL, 0, 5, _UNIX),
        _argument(1), (_AND, 0, 0, _TYPE), (_EQUAL, 1, 0, _STREAM), (_EQUAL, 0, 1, _SEQPACKET), _END, _NO,
    ]  # fmt: skip
    return {
        "clone": [_argument(0), (_ANY_BIT, 0, 1, _NAMESPACES), _NO, _ASK],
        "fork": [_ASK],
        "vfork": [_ASK],
        "socketpair": stream_pair,
        "mmap": [_argument(3), (_ANY_BIT, 0, 1, _MAP_SHARED), _ASK, _END],
        "setpriority": own_priority,
        "prlimit64": _keeps_mark(),
        "setrlimit": _none_of(0, (syscalls.RLIMIT_LOCKS,)),
        "sched_setaffinity": _only(0, 0),
        "sched_setparam": _only(0, 0),
        "sched_setscheduler": _only(0, 0),
        "fcntl": _none_of(1, _FCNTLS),
        "ioctl": _none_of(1, _IOCTLS + _GROWING_IOCTLS),
        # said to have worked: a process that hid itself would hide what it has open
        "prctl": [_argument(0), (_EQUAL, 0, 1, _PR_SET_DUMPABLE), _refuse(0), _END],
        # makes a device where the file was
        "renameat2": [_argument(4), (_ANY_BIT, 0, 1, _RENAME_WHITEOUT), _refuse(errno.EINVAL), _END],
    }


def _rules(scoped: bool, truncation_known: bool, network: Network) -> dict[str, list[Instruction]]:
    rules = {name: [_ASK] for name in syscalls.CREATIONS} | {
        "open": _opens(1), "openat": _opens(2), "creat": _creates(1), "mknod": _creates(1), "mknodat": _creates(2),
    }  # fmt: skip
    rules |= _looked_into()
    rules |= {name: [_NO] for name in syscalls.DENIED}
    rules |= {name: [_refuse(errno.ENOSYS)] for name in syscalls.ABSENT}
    rules |= {name: [_refuse(errno.EOPNOTSUPP)] for name in syscalls.UNSUPPORTED}
    rules |= {name: [_refuse(0)] for name in syscalls.PRETENDED}
    rules |= {name: [_ASK] for name in syscalls.NOTIFIED}
    rules |= _networking(network)
    if not scoped:
        rules |= {name: [_NO] for name in syscalls.SIGNALS} | {"kill": _only(0, 0)}
    if not truncation_known:
        rules["truncate"] = [_NO]
    return rules


def program(column: int, network: Network = _NOTHING, *, scoped: bool, truncation_known: bool) -> bytes:
    """Return the filter for a table's column; `scoped` and `truncation_known` say what Landlock already enforces."""
    return _assembled(column, _rules(scoped, truncation_known, network))


def seal(column: int) -> bytes:
    """Return a second filter, for a process that has handed over the first one's listener: it sends no more files.

    A file in flight between two sockets is held by no process, so that nobody could count it.
    """
    return _assembled(column, {name: [_NO] for name in syscalls.SEALED})


def _assembled(column: int, rules: dict[str, list[Instruction]]) -> bytes:
    audit = next(value for known, value in syscalls.AUDIT.values() if known == column)
    steps: list[Instruction] = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, KILL), (_LOAD, 0, 0, 0)]
    # x32's numbers are above this too
    steps += [(_GREATER_OR_EQUAL, 0, 1, syscalls.FIRST_UNKNOWN), _refuse(errno.ENOSYS)]
    for name, block in rules.items():
        number = syscalls.number(name, column)
        if number is not None:
            steps += [(_EQUAL, 0, len(block), number), *block]
    return b"".join(struct.pack("=HBBI", *step) for step in [*steps, _END])


def install(column: int, filter_program: bytes) -> int:
    """Bind this process to the filter; return the descriptor that notifications of its system calls arrive at."""
    try:
        return _install(column, filter_program, _NEW_LISTENER | _WAIT_KILLABLE)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    return _install(column, filter_program, _NEW_LISTENER)


def install_seal(column: int) -> None:
    """Bind this process to the second filter as well."""
    _install(column, seal(column), 0)


def _install(column: int, filter_program: bytes, flags: int) -> int:
    text = ctypes.create_string_buffer(filter_program, len(filter_program))
    header = struct.pack("HxxxxxxQ", len(filter_program) // 8, ctypes.addressof(text))
    return kernel.syscall(_SECCOMP[column], _SET_FILTER, flags, header)
