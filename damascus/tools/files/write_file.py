"""`write_file`."""

import asyncio

from pydantic import Field

from damascus.tools.base import Arguments, Context, Danger, Result
from damascus.tools.files.place import jail_of
from damascus.tools.files.text import check_content
from damascus.tools.services import Services


class WriteFileArguments(Arguments):
    path: str = Field(description="relative to the repository; its folders are made")
    content: str = Field(description="the whole file")


class WriteFile:
    """Puts a whole text file into the working copy."""

    name = "write_file"
    description = "Create a file in the repository's working copy, or replace it whole."
    parameters = WriteFileArguments
    danger: Danger = "write"
    idempotent = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, context: Context, arguments: WriteFileArguments) -> Result:
        data = check_content(arguments.path, arguments.content)
        jail = await jail_of(self._services, context)
        new = await asyncio.to_thread(jail.write, arguments.path, data)
        return Result(f"{'created' if new else 'replaced'} {arguments.path} ({len(data)} bytes)")
