"""The files of a command's environment, made before it starts and removed after it has ended: it can only read them."""

import os
from collections.abc import Mapping


def make(folder: str, links: Mapping[str, str], texts: Mapping[str, str]) -> None:
    """Make the folder with these links and files, by their places in it."""
    os.mkdir(folder, 0o700)
    for place in sorted({os.path.dirname(place) for place in (*links, *texts)}):
        os.makedirs(os.path.join(folder, place), 0o700, exist_ok=True)
    for place, target in links.items():
        os.symlink(target, os.path.join(folder, place))
    for place, text in texts.items():
        mode = 0o755 if place.startswith("bin/") else 0o644
        descriptor = os.open(os.path.join(folder, place), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


def remove(folder: str) -> None:
    """Remove the folder, if it is there; links are removed, never followed."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            remove(entry.path)
        else:
            os.unlink(entry.path)
    os.rmdir(folder)
