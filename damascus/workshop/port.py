"""The port: a place where a command that a model wrote can run and reach nothing but its workspace.

What an implementation promises: no network but a loopback of the task's own, no file outside the workspace (but the
machine's programs, read-only), no secret in the environment, limits on time, memory, processes and disk, and nothing
left running afterwards. What it does not promise: that the workspace itself is sane afterwards. Its files, also those
in `.git`, are the command's work; a program that runs on them outside the workshop must not trust them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from damascus.workshop.jail.job import Loopback

if TYPE_CHECKING:
    from damascus.workshop.background import BackgroundCommand


@dataclass(frozen=True)
class CommandResult:
    """How a command ended.

    `exit_code` is the shell's: 128 + the signal's number when it was killed, 124 when the time ran out, 137 when the
    workshop stopped it. `output` is stdout and stderr in the order they were written; head and tail are kept, and a
    line between them says how many of how many bytes were left out; notes of the workshop follow. `seconds` is wall
    time, `bytes` what it wrote in all, and `missing` what its repository declares and the workshop does not have.
    """

    exit_code: int
    output: str
    timed_out: bool
    seconds: float
    bytes: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkshopFacts:
    """What commands find: versions (empty: not there), limits, and which packages a repository can declare.

    `loopback` says whose 127.0.0.1 is, `browser` is the version of a Chromium.
    """

    shell: str
    python: str
    node: str
    packages: str
    seconds: float
    memory_mb: int
    output_kb: int
    loopback: Loopback = Loopback.NONE
    browser: str = ""

    @property
    def has_working_browser(self) -> bool:
        """Return True if commands have a browser, and a loopback to try pages on."""
        return self.browser != "" and self.loopback == Loopback.OWN


class Workshop(Protocol):
    """Runs shell commands in a jail."""

    def check(self) -> None:
        """Check that commands can be jailed here. Raises WorkshopRefused, which says what to do, if they cannot."""

    async def facts(self) -> WorkshopFacts:
        """Return what commands find here. Raises Unavailable if the workshop does not respond."""
        ...

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """Run `command` with the shell in `workspace`, for at most `seconds` (never above the limit in config.yaml).

        A command that fails is a result, not an error. If the caller is cancelled, every process of the command is
        gone before CancelledError is raised.

        Raises:
            Invalid: if the workspace is not a directory, or the command is not text that a shell can take.
            WorkshopRefused: if the command cannot be jailed.
        """
        ...

    async def start(self, command: str, workspace: Path) -> "BackgroundCommand":
        """Start `command` as `run` does and return when it runs; commands in the same workspace reach its ports.

        It ends with the process that called this, at the latest. Raises Invalid if the workspace has as many as it may.
        """
        ...
