"""What the tables share: naming of constraints, and a UTC time column on both databases."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, MetaData, String, TypeDecorator

from damascus.core.json_object import object_reader, to_json_object

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """A time that is always UTC and always aware (SQLite itself forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Named(TypeDecorator[StrEnum]):
    """A member of an enum, stored as its value; reading a value that no member has raises ValueError."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.members = members
        self._by_value = {str(member): member for member in members}

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return str(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return (self._by_value.get(value) or self.members(value)) if value is not None else None


class JsonObject(TypeDecorator[Any]):
    """A value of a small frozen dataclass, stored as a JSON object; see core/json_object.py."""

    impl = JSON
    cache_ok = True

    def __init__(self, of: type) -> None:
        super().__init__()
        self.of = of
        self._read: Callable[[Mapping[str, Any]], Any] = object_reader(of)

    def process_bind_param(self, value: "DataclassInstance | None", dialect: Dialect) -> dict[str, Any] | None:  # noqa: ARG002
        return to_json_object(value) if value is not None else None

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return self._read(value) if value is not None else None


def key() -> Column[str]:
    """Return a primary key: a prefixed ULID, or another short name."""
    return Column("id", String(64), primary_key=True)


def created_at() -> Column[datetime]:
    return Column("created_at", Utc, nullable=False)


def money(name: str) -> Column[int]:
    """Return a column for an amount in micro-USD."""
    return Column(name, BigInteger, nullable=False, default=0)


def data(name: str, nullable: bool = False) -> Column[object]:
    return Column(name, JSON(none_as_null=True), nullable=nullable)
