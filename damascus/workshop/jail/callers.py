"""What the arguments of a suspended call point to: numbers, memory and files, read from outside as its caller has them.

Every argument is a 64-bit number of the command's choice: none may do more than fail its own call.
"""

import errno
import os

_ADDRESSES = 1 << 63  # pread(2) takes no greater offset, and no process has memory there
AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100
_MAX_PATH_BYTES = 4096


class OutsideWorkspace(Exception):
    """The path is not in the workspace."""


def check_inside(descriptor: int, roots: tuple[str, ...]) -> None:
    """Raise OutsideWorkspace if what a descriptor is of is not below one of `roots`."""
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    if not any(path == root or path.startswith(root + "/") for root in roots):
        raise OutsideWorkspace(path)


def integer(value: int) -> int:
    """Return an argument that is an int to the kernel."""
    return int.from_bytes((value & 0xFFFFFFFF).to_bytes(4, "little"), "little", signed=True)


def opened(thread: int, folder: int, address: int, flags: int) -> int:
    """Return an O_PATH descriptor of the file that a path at `address` leads to, resolved as its caller would."""
    return opened_path(thread, folder, text(thread, address), flags)


def opened_path(thread: int, folder: int, path: bytes, flags: int) -> int:
    """Return an O_PATH descriptor of the file that a caller's path leads to."""
    base = f"/proc/{thread}/cwd" if folder == AT_FDCWD else f"/proc/{thread}/fd/{folder}"
    if not path:
        return os.open(base, os.O_PATH)  # AT_EMPTY_PATH
    if path.startswith(b"/proc/self/"):
        path = b"/proc/%d/%b" % (thread, path.removeprefix(b"/proc/self/"))
    start = os.open(base, os.O_PATH) if not path.startswith(b"/") else None
    try:
        return os.open(path, os.O_PATH | (os.O_NOFOLLOW if flags & AT_SYMLINK_NOFOLLOW else 0), dir_fd=start)
    finally:
        if start is not None:
            os.close(start)


def memory(thread: int, address: int, size: int) -> bytes:
    """Return `size` bytes of a thread's memory. Raises OSError if so many are not there."""
    if address + size > _ADDRESSES:
        raise OSError(errno.EFAULT, "address")
    file = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        found = os.pread(file, size, address)
    finally:
        os.close(file)
    if len(found) < size:
        raise OSError(errno.EFAULT, "memory")  # it ends there, or its process does
    return found


def text(thread: int, address: int) -> bytes:
    """Return the string at `address`, read page by page because the next page may not be mapped."""
    found = b""
    while len(found) < _MAX_PATH_BYTES:
        found += memory(thread, address + len(found), _MAX_PATH_BYTES - (address + len(found)) % _MAX_PATH_BYTES)
        if b"\0" in found:
            return found.partition(b"\0")[0]
    raise OSError(errno.ENAMETOOLONG, "path")
