"""What a check is, and what it finds."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from damascus.core.settings import Settings

CHECK_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """What was found of one part; `fix` says what to do if it is broken."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """A part by its name; `run` may take so many seconds and may raise DamascusError or OSError."""

    name: str
    run: Callable[[Settings], Awaitable[DoctorResult]]
    seconds: float = CHECK_TIMEOUT_SECONDS
