"""What the program checks of a line of a task's acceptance, where a plan says how."""

from dataclasses import dataclass
from enum import StrEnum


class CheckKind(StrEnum):
    """What is looked at: the text of a report, or the files of the commit that a task proved."""

    WORDS = "words"
    COLUMNS = "columns"
    LINKS = "links"
    FILE = "file"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class AcceptanceCheck:
    """How the program checks the `line`th line of a task's acceptance, from 1; a kind uses its own fields.

    `words` are `at_least` and `at_most` so many; `columns` are those of one table of the report; `path` is of a file in
    the repository; `command` ends with `exit_code`, and prints `output` if that is not empty.
    """

    line: int
    kind: CheckKind
    at_least: int | None = None
    at_most: int | None = None
    columns: tuple[str, ...] = ()
    path: str = ""
    command: str = ""
    exit_code: int = 0
    output: str = ""
