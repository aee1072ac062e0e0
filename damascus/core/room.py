"""Whether a folder takes what the next minute brings: it can be written, and its disk has room."""

import errno
import os
import pwd
import tempfile
from pathlib import Path

from damascus.core.errors import Unavailable

MIN_FREE_BYTES = 50 * 1024 * 1024
MIN_FREE_FILES = 1_000
TRIED_BYTES = 256 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_room(folder: Path) -> int:
    """Write a file in `folder`, made if it is not there, and remove it; return the bytes that are free.

    Raises Unavailable, with what to do, if that fails or little is left.
    """
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * TRIED_BYTES)
            file.flush()
        found = os.statvfs(folder)
    except OSError as error:
        raise Unavailable(cannot_write(folder, error)) from error
    free = found.f_bavail * found.f_frsize
    if free < MIN_FREE_BYTES:
        raise Unavailable(f"only {free >> 20} MB are free on the disk of {folder}; free some space")
    if found.f_files and found.f_favail < MIN_FREE_FILES:
        raise Unavailable(f"the disk of {folder} takes {found.f_favail} more files only; remove some")
    return free


def cannot_write(path: Path, error: OSError) -> str:
    """Return one line about a path that cannot be written: why, whose it is, what to do."""
    if error.errno in _FULL:
        what = "its disk is full" if error.errno == errno.ENOSPC else "this user's quota is used up"
        return f"{path} cannot be written: {what}; free some space"
    if error.errno == errno.EROFS:
        return f"{path} cannot be written: its disk is read-only; mount it for writing"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{path} cannot be written: it belongs to {_owner(path)}; give it to {_name(os.geteuid())} (chown -R)"
    return f"{path} cannot be written: {error.strerror or error}"


def _owner(path: Path) -> str:
    for place in (path, *path.parents):
        try:
            return _name(place.stat().st_uid)
        except OSError:
            continue
    return "nobody"


def _name(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user {uid}"
