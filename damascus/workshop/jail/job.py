"""What the launcher is told (one JSON line on its stdin) and what it answers (one JSON line on its stderr)."""

import json
from typing import NamedTuple

HOME = "/home"


class Job(NamedTuple):
    """One command. Paths are absolute and resolved; `max_tasks` counts processes and threads; `folder`
    is a new one of the launcher's own, with `home` in it; a workspace's limits count what was there before as well."""

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
    """How a job ended: `exit_code` of the shell; `stopped` says which limit ended it, `refused` why it never ran."""

    exit_code: int = 0
    stopped: str = ""
    refused: str = ""

    def to_json(self) -> bytes:
        """Return it as one line."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> "JobResult":
        """Return the result of a line. Raises ValueError or TypeError if it is not one."""
        return cls(**json.loads(line))
