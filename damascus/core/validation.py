"""Files that people write, and what is wrong with them in words: which key, what was expected, what was meant."""

import difflib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, get_args

from pydantic import AfterValidator, BaseModel, GetPydanticSchema

from damascus.core.errors import Misconfigured
from damascus.core.text import one_line

MAX_FILE_BYTES = 64 * 1024
_MAX_KEY_CHARS = 120
_MAX_MESSAGE_CHARS = 500


class HasErrors(Protocol):
    """Pydantic's ValidationError, or FastAPI's error for a request."""

    def errors(self) -> Any: ...


def explain(error: HasErrors, model: type[BaseModel] | None = None) -> str:
    """Return the first fault on one line: the key and what is wrong with it.

    For an unknown key of `model`, if one is given, the line ends with the nearest key that it has.
    """
    first = error.errors()[0]
    where = one_line(".".join(str(part) for part in first["loc"]), _MAX_KEY_CHARS)
    if first["type"] == "extra_forbidden" and model is not None:
        return f"unknown key `{where}`; {nearest(str(first['loc'][-1]), _fields_at(model, first['loc'][:-1]))}"
    message = one_line(first["msg"].removeprefix("Value error, "), _MAX_MESSAGE_CHARS)
    return f"{where}: {message}" if where else message


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint for a name that is not among `known`: the nearest one, or else all of them."""
    names = list(known)
    near = difflib.get_close_matches(name[:_MAX_KEY_CHARS], names, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(names)}"


def one_of(*members: StrEnum) -> Any:
    """Return what makes a field of a model (`Annotated[Kind, one_of(...)]`) take just these members of its enum.

    The schema and what is said of other values list the plain values, which is all that a model or a file can write.
    """
    kind, values = type(members[0]), tuple(str(member) for member in members)

    def to_member(value: str) -> StrEnum:  # an enum's own signature is not a validator's, from Python 3.13 on
        return kind(value)

    checked = Annotated[Literal[values], AfterValidator(to_member)]  # type: ignore[valid-type]
    return GetPydanticSchema(lambda _, handler: handler(checked))


def read_text(path: Path) -> str:
    """Return the text of a small UTF-8 file that a person wrote.

    Raises Misconfigured if it is not a file, cannot be read, is not UTF-8, or has more than MAX_FILE_BYTES.
    """
    try:
        if not path.is_file():  # a pipe would never end
            raise Misconfigured(f"{path}: not a readable file")
        data = path.read_bytes()
        if len(data) > MAX_FILE_BYTES:
            raise Misconfigured(f"{path}: {len(data)} bytes; at most {MAX_FILE_BYTES} are read")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misconfigured(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


def _fields_at(model: type[BaseModel], loc: Iterable[int | str]) -> list[str]:
    """Return the keys of the part of `model` that `loc` leads to; indexes and keys of mappings lead nowhere else."""
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is not None:
            kinds = (field.annotation, *get_args(field.annotation))
            model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return list(model.model_fields)
