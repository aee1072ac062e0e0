"""Authors: who made a report or a commit, as people read it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """A member of the staff; `email` receives no mail, `title` is empty where only git asks."""

    name: str
    email: str
    title: str = ""
