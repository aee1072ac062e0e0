"""Small frozen dataclasses as JSON objects, for the columns of the ledger that hold one.

What equals its default is left out; a key that is missing reads as the default, one that no field has is ignored: so
rows of earlier versions read. Values are not checked: this is for what the company wrote, Pydantic for what others did.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ValueT = TypeVar("ValueT")
Convert = Callable[[Any], Any]


def to_json_object(value: "DataclassInstance") -> dict[str, Any]:
    """Return the fields that differ from their defaults, tuples as lists and dataclasses as objects."""
    given = ((name, default, getattr(value, name)) for name, default in _defaults(type(value)))
    return {name: _plain(part) for name, default, part in given if part != default}


def object_reader(of: type[ValueT]) -> Callable[[Mapping[str, Any]], ValueT]:
    """Return a function that makes a value of this dataclass from a JSON object.

    It raises TypeError if a key without a default is missing, ValueError if an enum has no such member.
    """
    hints = get_type_hints(of)
    names = hints.keys()
    converters = [(name, convert) for name, hint in hints.items() if (convert := _converter(hint)) is not None]

    def read(data: Mapping[str, Any]) -> ValueT:
        known = dict(data) if data.keys() <= names else {name: data[name] for name in names & data.keys()}
        for name, convert in converters:
            if name in known:
                known[name] = convert(known[name])
        return of(**known)

    return read


@cache
def _defaults(of: "type[DataclassInstance]") -> list[tuple[str, Any]]:
    return [(field.name, field.default) for field in fields(of)]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return to_json_object(value) if is_dataclass(value) and not isinstance(value, type) else value


def _converter(kind: Any) -> Convert | None:
    """Return what makes a field's value of JSON's, None where they are the same."""
    if isinstance(kind, UnionType):  # of `tuple[...] | None`, or of a dataclass or None
        kind = next((part for part in get_args(kind) if get_origin(part) is tuple or is_dataclass(part)), kind)
        if isinstance(kind, type) and is_dataclass(kind):
            return _or_none(object_reader(kind))
    if get_origin(kind) is tuple:
        convert = _converter(get_args(kind)[0])
        return _or_none(lambda parts: tuple(parts if convert is None else map(convert, parts)))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        members: dict[str, StrEnum] = {str(member): member for member in kind}
        return lambda text: members.get(text) or kind(text)
    return object_reader(kind) if isinstance(kind, type) and is_dataclass(kind) else None


def _or_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
