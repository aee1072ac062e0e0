"""Which files can be reached: a Landlock ruleset, the best that the running kernel has.

From ABI 6 it also keeps signals and abstract sockets inside; on older kernels, and for what Landlock does not know
(chmod, chown, times, sockets), the system call filter does it.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from damascus.workshop.jail import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, MAKE_FIFO, MAKE_SYM = 1 << 7, 1 << 8, 1 << 10, 1 << 12
REFER, TRUNCATE = 1 << 13, 1 << 14
READ = EXECUTE | READ_FILE | READ_DIR
USE = READ_FILE | WRITE_FILE | TRUNCATE
# no sockets and no devices anywhere; no pipes either: a program that reads the workspace later would hang
WORK = READ | USE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER
OWN = WORK | MAKE_FIFO
_ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
_ALL_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_BIND_AND_CONNECT_TCP = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3


def version() -> int:
    """Return the kernel's Landlock ABI, 1 or above. Raises OSError if it has no Landlock."""
    return kernel.syscall(_CREATE, None, 0, _ASK_VERSION)


def _open_ruleset(abi: int, has_network: bool) -> tuple[int, bool]:
    files = _ALL_OF_ABI[min(abi, 5)]
    ports = 0 if has_network else _BIND_AND_CONNECT_TCP
    if abi >= 6:
        try:
            return _create(struct.pack("QQQ", files, ports, _ABSTRACT_SOCKETS_AND_SIGNALS)), True
        except OSError:
            abi = 5  # some vendors' kernels count to 6 without the scopes
    if abi >= 4:
        return _create(struct.pack("QQ", files, ports)), False
    return _create(struct.pack("Q", files)), False


def _create(attributes: bytes) -> int:
    return kernel.syscall(_CREATE, attributes, len(attributes), 0)


class Ruleset:
    """Allow paths, then `restrict()`; `scoped` and `sees_truncation` say how much the kernel enforces.

    `has_network`: TCP is left to the command's own network. `abi` is the kernel's own unless an older one is to be
    imitated.
    """

    def __init__(self, abi: int | None = None, *, has_network: bool = False) -> None:
        abi = min(abi or version(), version())
        self.sees_truncation = abi >= 3
        self._known = _ALL_OF_ABI[min(abi, 5)]
        self._ruleset, self.scoped = _open_ruleset(abi, has_network)

    def allow(self, paths: Iterable[str], rights: int) -> None:
        """Grant `rights` on each path and what is beneath it; a path that cannot be found is left out."""
        for path in paths:
            try:
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue  # a grant that is left out opens nothing
            folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            granted = rights & self._known & (-1 if folder else _ON_A_FILE)
            rule = struct.pack("=Qi", granted, descriptor)
            kernel.syscall(_ADD, self._ruleset, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
            os.close(descriptor)

    def restrict(self) -> None:
        """Bind this process, and all that it starts, to the rules; cannot be undone."""
        kernel.syscall(_RESTRICT, self._ruleset, 0)
        os.close(self._ruleset)
