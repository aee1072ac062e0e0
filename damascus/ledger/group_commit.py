"""Blocks that share one SQLite transaction, and so one COMMIT, the most expensive part of each."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

MAX_BLOCKS = 32


class CommitGroup:
    """Runs blocks one after the other on `connection`, each behind a savepoint, until `ended` says how it went.

    Not promised: that a block's writes outlive a failure of the database in a later one: SQLite then undoes the
    whole transaction, `whole` is False, and all of the group must hear of it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._written = 0

    @property
    def whole(self) -> bool:
        """True while SQLite still has what the blocks wrote."""
        return self.connection.in_transaction

    @property
    def worth_a_commit(self) -> bool:
        return self._written > 0

    @property
    def takes_more(self) -> bool:
        return self.whole and 0 < self._written < MAX_BLOCKS

    @contextmanager
    def block(self) -> Iterator[None]:
        """Undo what is written inside if it raises, and only that."""
        behind = self._written > 0
        if behind:
            self.connection.execute("SAVEPOINT block")
        try:
            yield
        except BaseException:
            if behind and self.whole:
                self.connection.execute("ROLLBACK TO block")
            raise
        else:
            self._written += 1
        finally:
            if behind and self.whole:
                self.connection.execute("RELEASE block")
