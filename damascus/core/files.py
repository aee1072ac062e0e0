"""Files that are replaced whole: a reader sees the old text or the new one, never a part of it."""

import os
import secrets
from pathlib import Path


def keep_from_others() -> None:
    """Make no file of this process, or of its children, readable for every user, or writable for a group."""
    os.umask(os.umask(0o077) | 0o027)


def write_whole(path: Path, text: str | bytes, mode: int | None = None) -> None:
    """Put `text` at `path` in one step, over what is there, and durably.

    After a power cut the file has the old text or the new one. `mode` holds from the file's first moment; None means
    what the umask allows. Of concurrent writers the last one wins.

    Raises OSError if the file cannot be written; what was there is then unchanged.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(draft, text, mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def write_first(path: Path, text: str, mode: int) -> bool:
    """Put `text` at `path` whole and durably, unless something is there. Returns whether this call has put it there.

    Of concurrent writers one is first; the others find its text. Raises OSError if the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(draft, text, mode)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)
    return True


def _write_durably(path: Path, text: str | bytes, mode: int | None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666 if mode is None else 0o600)
    with os.fdopen(handle, "wb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.write(text.encode() if isinstance(text, str) else text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a rename in `folder` durable; without it a power cut can bring the old name back."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
