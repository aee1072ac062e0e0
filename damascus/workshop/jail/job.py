"""What the launcher is told (one JSON line on its stdin) and what it answers (one JSON line on its stderr)."""

import json
from enum import StrEnum
from typing import NamedTuple

HOME, ENVIRONMENT = "/home", "/env"
PIPE, WHERE = ".pipe", ".where"  # in the home: the exit codes of the last pipe's commands, where a Python is
BEGUN = b"\n"  # comes before the answer, when the command begins
SHOW_WHERE, END_PROGRAMS = b"?", b"."  # on the lifeline, when the time is over


class Loopback(StrEnum):
    """Which network a command has; it is nobody else's, or that of the workshop's own container, or there is none."""

    OWN = "own"
    SHARED = "shared"
    NONE = "none"


class Job(NamedTuple):
    """One command. Paths are absolute and resolved; `max_tasks` counts processes and threads; `folder`
    is a new one of the launcher's own, with `home` in it; a workspace's limits count what was there before as well.
    `links` and `texts` are the files of its environment, by their places in it; those in `bin` can be executed.
    `joins` are descriptors of the namespaces of a command whose loopback it shares: of users and of the network.
    `alone`: nobody but commands is in the launcher's own network."""

    command: str
    workspace: str
    folder: str
    environment: dict[str, str]
    readable: list[str]
    devices: list[str]
    cpu_seconds: int
    memory_bytes: int
    max_tasks: int
    file_bytes: int
    workspace_bytes: int
    workspace_files: int
    links: dict[str, str] = {}  # noqa: RUF012 - never changed
    texts: dict[str, str] = {}  # noqa: RUF012
    joins: tuple[int, ...] = ()
    alone: bool = False

    @property
    def environment_folder(self) -> str:
        """What the command can read of its folder, and not write."""
        return self.folder + ENVIRONMENT

    @property
    def home(self) -> str:
        """The command's private directory."""
        return self.folder + HOME

    def to_json(self) -> bytes:
        """Return it as one line."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> "Job":
        """Return the job of a line. Raises ValueError or TypeError if it is not one."""
        return cls(**json.loads(line))


class JobResult(NamedTuple):
    """How a job ended: `exit_code` of the shell; `stopped` says which limit ended it, `refused` why it never ran.

    `pipe` is what the command left as the exit codes of its last pipe, `where` the lines of its Pythons that were shown
    (both are its own word, cut), `programs` the command lines of what ran when its time was over.
    """

    exit_code: int = 0
    stopped: str = ""
    refused: str = ""
    pipe: str = ""
    where: str = ""
    programs: str = ""
    loopback: str = Loopback.NONE

    def to_json(self) -> bytes:
        """Return it as one line."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> "JobResult":
        """Return the result of a line. Raises ValueError or TypeError if it is not one."""
        return cls(**json.loads(line))
