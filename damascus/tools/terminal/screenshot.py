"""`screenshot`."""

import asyncio
import hashlib
import secrets
import shlex
import struct
from pathlib import Path

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import DamascusError, Invalid
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind
from damascus.core.records.turns import Picture
from damascus.tools.services import ToolServices
from damascus.tools.terminal.task_place import enter_place
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import artifacts
from damascus.work.tasks import tasks

MAX_PICTURE_BYTES = 2_000_000
PNG = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">8sI4sII")  # the signature, and of the first chunk its length, its name, width and height
REPORTS, FOLDER = "reports", "screenshots"


class ScreenshotArguments(Arguments):
    page: str = Field(
        min_length=1, max_length=2000, description="http://127.0.0.1:PORT/..., or a file of the working copy"
    )
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", description="what it shows, such as start-page")
    width: int = Field(default=1280, ge=200, le=2000)
    height: int = Field(default=800, ge=200, le=2000)


class ScreenshotTool:
    """Opens a page in the workshop's Chromium, keeps a picture of it, and shows it to a model that sees."""

    name = "screenshot"
    description = (
        "Open a page in a browser in the workshop, and keep a picture of it with the mission's results. You read what "
        "stands on it and what its scripts printed, and are shown the picture if your model sees pictures."
    )
    parameters = ScreenshotArguments
    danger = Danger.EXECUTE
    idempotent = False

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ScreenshotArguments) -> ToolResult:
        place = await enter_place(self._services, context)
        file = f".screenshot-{secrets.token_hex(4)}.png"
        command = shlex.join(["screenshot", arguments.page, file, f"{arguments.width},{arguments.height}"])
        try:
            ended = await self._services.workshop.run(command, place.folder)
            if ended.exit_code != 0:
                raise Invalid(f"no picture was made (exit {ended.exit_code}): {ended.output[-2000:]}")
            png = await asyncio.to_thread(_taken, ConfinedFolder(place.folder), file)
        finally:
            place.leave()
        width, height = _pixels(png, arguments)
        digest = hashlib.sha256(png).hexdigest()
        # the name follows from what it shows: a conversation that was shown it never changes
        name = f"{arguments.name}-{digest[:8]}"
        path = f"{REPORTS}/{context.mission.slug}/{FOLDER}/{name}.png"
        await asyncio.to_thread(_keep, self._services.shared, path, png)
        detail = ArtifactDetail(title=arguments.name, author=context.author.name, description=arguments.page)
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, context.task)
            row = await artifacts.record(tx, context.task, ArtifactKind.SCREENSHOT, name, path, detail)
            artifacts.announce(tx, context.task, row)
        text = f"kept {path} ({width} x {height} pixels, {len(png)} bytes)\n{ended.output}"
        return ToolResult(text, picture=Picture(path, digest, width, height))


def _taken(folder: ConfinedFolder, file: str) -> bytes:
    """Return the picture that a command made, and remove it. Raises Invalid if it is none."""
    try:
        picture = folder.read(file, MAX_PICTURE_BYTES)
    except DamascusError as error:
        raise Invalid(f"the picture cannot be read: {error}") from error
    finally:
        folder.remove(file)
    return picture


def _keep(shared: Path, path: str, png: bytes) -> None:
    """Write a picture; beside the shared folder itself nothing can be written in a container."""
    folder = shared / REPORTS
    folder.mkdir(parents=True, exist_ok=True)
    ConfinedFolder(folder).write(path.removeprefix(f"{REPORTS}/"), png)


def _pixels(png: bytes, asked: ScreenshotArguments) -> tuple[int, int]:
    """Return width and height of a picture. Raises Invalid if it is none, or not of the size that was asked for."""
    if len(png) < _HEADER.size or not png.startswith(PNG):
        raise Invalid("what the browser made is not a PNG picture")
    _, _, name, width, height = _HEADER.unpack_from(png)
    if name != b"IHDR" or not (0 < width <= asked.width and 0 < height <= asked.height):
        raise Invalid("what the browser made is not a picture of the size that was asked for; try again")
    return width, height
