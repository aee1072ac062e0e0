"""A workshop, a workspace, and the company around it that an attack tries to reach."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from textwrap import dedent

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import CommandResult

Attack = Callable[..., Awaitable[CommandResult]]


@pytest.fixture(autouse=True)
def _jailing_kernel() -> None:
    try:
        LocalWorkshop(WorkshopSettings(), SystemClock()).check()
    except WorkshopRefused as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))


@pytest.fixture
def workshop() -> LocalWorkshop:
    return LocalWorkshop(WorkshopSettings(seconds=60), SystemClock())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    place = tmp_path / "shared" / "code" / "task"
    place.mkdir(parents=True)
    return place


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The company's home, with a secret in it."""
    place = tmp_path / ".damascus"
    place.mkdir()
    (place / "token").write_text("s3cret-token")
    (place / "token").chmod(0o600)
    return place


@pytest.fixture
def attack(workshop: LocalWorkshop, workspace: Path) -> Attack:
    """Run a Python program in the jail; its arguments follow."""

    async def run(program: str, *arguments: object, by: LocalWorkshop = workshop, seconds: float = 30) -> CommandResult:
        (workspace / "attack.py").write_text(dedent(program))
        words = " ".join(f"'{argument}'" for argument in arguments)
        return await by.run(f"exec python3 attack.py {words}", workspace, seconds=seconds)

    return run
