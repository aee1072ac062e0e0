"""Authors: who made a report or a commit, as people read it."""

from dataclasses import dataclass

from damascus.core.text import slug


@dataclass(frozen=True, slots=True)
class Author:
    """A member of the staff; `email` receives no mail, `title` is empty where only git asks."""

    name: str
    email: str
    title: str = ""

    @classmethod
    def named(cls, name: str, title: str = "") -> "Author":
        """Return the member of the staff with this name."""
        return cls(name, f"{slug(name).replace('-', '.')}@damascus.local", title)
