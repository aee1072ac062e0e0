"""`list_files`."""

import asyncio

from pydantic import Field

from damascus.tools.base import Arguments, Context, Danger, Result
from damascus.tools.files.jail import Jail
from damascus.tools.files.place import jail_of
from damascus.tools.files.text import printable
from damascus.tools.files.walk import Walk
from damascus.tools.services import Services

MAX_LISTED = 500


class ListFilesArguments(Arguments):
    path: str = Field(default="", description="a folder; empty: the whole repository")


class ListFiles:
    """Lists the working copy's files with their sizes."""

    name = "list_files"
    description = "List the files of the repository's working copy, with their sizes in bytes."
    parameters = ListFilesArguments
    danger: Danger = "read"
    idempotent = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, context: Context, arguments: ListFilesArguments) -> Result:
        jail = await jail_of(self._services, context)
        return Result(await asyncio.to_thread(_list, jail, arguments.path))


def _list(jail: Jail, path: str) -> str:
    walk = Walk(jail, path)
    lines: list[str] = []
    for name, entry in walk:
        if len(lines) == MAX_LISTED:
            walk.cut = True
            break
        what = str(entry.size) if entry.kind == "file" else f"{entry.kind}, not followed"
        lines.append(f"{printable(name)} ({what})")
    if walk.cut:
        lines.append("[there are more; list one of the folders]")
    return "\n".join(lines) or "(no files)"
