"""What the CEO said."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ExistingCode:
    """Code of somebody's that a directive is about, as it was cloned.

    `name` is the repository's in the company's store, `origin` the address or folder that it is from, `base` its branch
    there and `sha` the head of that; `test_command` proves changes.
    """

    name: str
    origin: str
    base: str
    sha: str
    test_command: str = ""


@dataclass(frozen=True, slots=True)
class DirectiveOptions:
    """What the CEO asked for besides: the mission's limit in micro-USD, and a playbook; None for the company's own.

    Without `ask` nobody sits at the desk for questions of direction: the program assumes, and says so. `code` is what
    the mission works on, None if it makes its own. With `quote` the work begins when the CEO has signed the plan.
    `follows` is the id of the mission that was before, `answers` that of the decision at the desk which it takes.
    """

    budget: int | None = None
    playbook: str | None = None
    ask: bool = True
    code: ExistingCode | None = None
    quote: bool = False
    follows: str = ""
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Directive:
    """What the CEO said, and how the CEO wants it done."""

    id: str
    sender: str
    text: str
    options: DirectiveOptions
    created_at: datetime
