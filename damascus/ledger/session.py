"""What queries run their statements through, within one transaction; one implementation per database."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import Executable

SqlDialect = Literal["sqlite", "postgresql"]
Given = Mapping[str, Any]


class Session(Protocol):
    """Runs statements. A statement object that is kept is compiled once, one that is built for each call each time."""

    dialect: SqlDialect

    async def rows(self, statement: Executable, given: Given | None = None) -> Sequence[Sequence[Any]]:
        """Return what a SELECT or RETURNING gives, as Python values in the order of its columns."""
        ...

    async def change(self, statement: Executable, given: Given | Sequence[Given] | None = None) -> int:
        """Run an INSERT, UPDATE or DELETE, once or for each set of values; returns how many rows it changed."""
        ...
