"""What a forge shows of the work: issues with labels and a milestone, comments, releases and pull requests.

Each thing has a mark of its own, a line of its text that no page shows and that no model can write. So after a crash it
is found again, and is there once. Every text here is ready to be sent: what a model wrote in it is harmless already.
"""

from dataclasses import dataclass

COMPANY = "company"  # the repository of the company's own: its reports, and the tasks of missions without code


def marked(text: str, mark: str) -> str:
    """Return Markdown with a mark that it does not show."""
    return f"{text}\n\n{mark_line(mark)}"


def mark_line(mark: str) -> str:
    return f"<!-- {mark} -->"


def has_mark(text: str, mark: str) -> bool:
    """Return True if the text has this mark; also the one that earlier versions wrote of a task."""
    return not {mark_line(mark), f"Task: {mark}"}.isdisjoint(line.strip() for line in text.splitlines())


@dataclass(frozen=True, slots=True)
class Label:
    """A label of issues, of which an issue has one of each kind: that is its name up to the `/`. `color` is in hex."""

    name: str
    color: str
    description: str


@dataclass(frozen=True, slots=True)
class TaskIssue:
    """A task as the forge shows it; `comment` is what is said at its end. `number` is that of the issue, if known.

    `labels` replace those that begin alike; others, a person's, stay.
    """

    mark: str
    title: str
    text: str
    open: bool
    labels: tuple[Label, ...] = ()
    comment: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A mission as the forge shows it: what its issues are part of."""

    mark: str
    title: str
    text: str
    open: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A mission with those of its tasks that are missing at the forge, or not shown there as they are."""

    milestone: Milestone
    issues: tuple[TaskIssue, ...] = ()
    is_current: bool = False  # the milestone is shown as it is


@dataclass(frozen=True, slots=True)
class Tracked:
    """What came of showing a board: the numbers, by marks, of the issues that are as they should be now.

    `milestone` is its number, None if it is not as it should be. `problem` is why others are not, `retry_after` the
    seconds that the forge asks to wait until they are tried again. `note` is that of the repository.
    """

    numbers: dict[str, int]
    milestone: int | None = None
    problem: str | None = None
    retry_after: float = 0.0
    takes_issues: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A commit that is handed over: its tag is the next free version. `file_name` is that of the zip of its files."""

    mark: str
    sha: str
    title: str
    text: str
    file_name: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Work on code of somebody's: what is on `branch` is asked to be taken over."""

    mark: str
    branch: str
    title: str
    text: str
