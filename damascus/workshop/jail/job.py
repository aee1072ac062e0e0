"""What the launcher is told (one JSON line on its stdin) and what it answers (one JSON line on its stderr)."""

import json
from typing import NamedTuple


class Job(NamedTuple):
    """One command. Paths are absolute and resolved; sizes are bytes, times seconds."""

    command: str
    workspace: str
    home: str
    environment: dict[str, str]
    readable: list[str]
    devices: list[str]
    cpu: int
    memory: int
    tasks: int
    file: int
    disk: int

    def to_json(self) -> bytes:
        """One line."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> "Job":
        """The job of a line; raises when it is not one."""
        return cls(**json.loads(line))


class JobResult(NamedTuple):
    """How it went: `exit_code` of the shell; `stopped` says which limit ended it; `refused` why it never ran."""

    exit_code: int = 0
    stopped: str = ""
    refused: str = ""

    def to_json(self) -> bytes:
        """One line."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> "JobResult":
        """The ending of a line; raises ValueError or TypeError when it is not one."""
        return cls(**json.loads(line))
