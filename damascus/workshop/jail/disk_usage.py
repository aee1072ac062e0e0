"""How much the command has written: the size of its directories, and what is left of the disk.

The first sees what is there, the second also what was deleted while still open.
"""

import os


def used(roots: tuple[str, ...]) -> int:
    """Return the bytes on disk below `roots`; what vanishes meanwhile or cannot be read counts as nothing."""
    return sum(_size(root) for root in roots)


def _size(folder: str) -> int:
    total, left = 0, [folder]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
        except OSError:
            continue  # gone, or closed by the command
    return total


def free(root: str) -> int:
    """Return the bytes that are free on `root`'s disk."""
    disk = os.statvfs(root)
    return disk.f_bavail * disk.f_frsize


def remove(folder: str) -> None:
    """Delete `folder`, however deep it is, also where the command removed its own permissions."""
    if _spawn("rm", "-rf", folder) != 0:
        _spawn("chmod", "-R", "u+rwX", folder)
        _spawn("rm", "-rf", folder)


def _spawn(*command: str) -> int:
    quiet = [(os.POSIX_SPAWN_OPEN, stream, "/dev/null", os.O_RDWR, 0) for stream in range(3)]
    return os.waitpid(os.posix_spawn(f"/bin/{command[0]}", command, {}, file_actions=quiet), 0)[1]
