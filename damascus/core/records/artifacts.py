"""Reports, repositories, commits and screenshots that a mission made."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ArtifactKind(StrEnum):
    """What was made."""

    REPORT = "report"
    REPOSITORY = "repository"
    COMMIT = "commit"
    SCREENSHOT = "screenshot"


@dataclass(frozen=True, slots=True)
class Citation:
    """A trail entry that a report cites: `ref` such as e17, the role that left it, its first words, its mark, and when.

    `mark` is a Mark's value, `at` a date and time in UTC; `url` and `read_at` are of the page that it rests on. Each is
    empty where there is none, and in what was written before there were such.
    """

    ref: str
    by: str
    text: str
    mark: str = ""
    at: str = ""
    url: str = ""
    read_at: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactDetail:
    """What a row says besides name and path; a kind uses its own fields, the others keep their defaults.

    A report has `title`, `author`, `sources` and the paths of its `earlier` versions, which it supersedes; a repository
    `description`, `web_url`, in `repository` its name in the forge, in `start` what starts it, and if the code is
    somebody's `origin`, where it is from, the `base` commit that the work begins from, and the `branch` that it goes
    to; a commit `message`, whether it is `pushed`, the CI files `left_out` of it, and in `repository` the name of its
    repository's artifact.
    """

    title: str = ""
    author: str = ""
    sources: tuple[Citation, ...] = ()
    description: str = ""
    web_url: str | None = None
    repository: str = ""
    message: str = ""
    pushed: bool = False
    left_out: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    start: str = ""
    origin: str = ""
    base: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A thing that a task made.

    `path` of a report or a screenshot is relative to the shared folder; of a repository its clone address; of a commit
    its link.
    """

    id: str
    mission_id: str
    task_id: str
    kind: ArtifactKind
    name: str
    path: str
    detail: ArtifactDetail
    created_at: datetime
