"""SQLAlchemy statements as text for SQLite's own driver, with the conversions of their columns' types.

SQLAlchemy writes the SQL; that it also runs it costs several times what SQLite takes for it, which an agent's step pays
twenty times. So a statement is compiled once and then handed to the driver. Lists of values need a placeholder
each: a kept statement has a fixed number of them, one that contains its list itself is compiled again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Executable, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from damascus.ledger.session import Given

Processor = Callable[[Any], Any]
_DIALECT = sqlite.dialect()


class CompiledStatement:
    """`sql` with question marks; `bind` and `read` convert values to and from what SQLite stores."""

    __slots__ = ("_bindings", "_conversions", "_fixed", "sql")

    def __init__(self, statement: Executable) -> None:
        compiled = _compiled(statement)
        if compiled.post_compile_params:
            compiled = _compiled(statement, render_postcompile=True)
        self.sql = str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if not _is_required(compiled, name)}
        self._bindings = [(name, _to_database(compiled, name)) for name in cast(Any, compiled).positiontup or ()]
        converters = [_from_database(column.type) for column in _columns(statement)]
        self._conversions = [(index, convert) for index, convert in enumerate(converters) if convert is not None]

    def bind(self, given: Given) -> list[Any]:
        """Return the values in the order of the question marks; raises KeyError if one is missing."""
        values = {**self._fixed, **given} if self._fixed else given
        bound = []
        for name, convert in self._bindings:
            value = values[name]
            bound.append(value if convert is None or value is None else convert(value))
        return bound

    def read(self, rows: list[tuple[Any, ...]]) -> Sequence[Sequence[Any]]:
        """Return the rows with Python's values in place of SQLite's."""
        if not self._conversions:
            return rows
        converted = [list(row) for row in rows]
        for row in converted:
            for index, convert in self._conversions:
                if row[index] is not None:
                    row[index] = convert(row[index])
        return converted


_kept: WeakKeyDictionary[Executable, CompiledStatement] = WeakKeyDictionary()


def compile_statement(statement: Executable) -> CompiledStatement:
    """Return the statement, compiled at its first use."""
    compiled = _kept.get(statement)
    if compiled is None:
        compiled = _kept[statement] = CompiledStatement(statement)
    return compiled


def _compiled(statement: Executable, **options: bool) -> SQLCompiler:
    return cast(SQLCompiler, cast(Any, statement).compile(dialect=_DIALECT, compile_kwargs=options))


def _columns(statement: Executable) -> Iterable[Any]:
    if isinstance(statement, Select):
        return statement.selected_columns
    return statement.exported_columns if isinstance(statement, UpdateBase) else ()


def _is_required(compiled: SQLCompiler, name: str) -> bool:
    return name in compiled.binds and compiled.binds[name].required


def _to_database(compiled: SQLCompiler, name: str) -> Processor | None:
    bind = compiled.binds.get(name)
    kind: TypeEngine[Any] | None = bind.type if bind is not None else None
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT) if kind is not None else None


def _from_database(kind: TypeEngine[Any]) -> Processor | None:
    return cast("Processor | None", kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
