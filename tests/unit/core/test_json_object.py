"""Small dataclasses as JSON objects: what is left out, what is ignored, and what comes back."""

from dataclasses import dataclass
from enum import StrEnum

import pytest

from damascus.core.json_object import object_reader, to_json_object


class Leaf(StrEnum):
    GREEN = "green"
    BLACK = "black"


@dataclass(frozen=True)
class Grower:
    name: str
    hectares: float = 1.0


@dataclass(frozen=True)
class Tea:
    leaf: Leaf = Leaf.BLACK
    price: int | None = None
    growers: tuple[Grower, ...] = ()
    marks: tuple[str, ...] | None = None
    organic: bool = False


read = object_reader(Tea)


def test_what_was_written_is_read() -> None:
    tea = Tea(Leaf.GREEN, 300, (Grower("Ann"), Grower("Bo", 2.5)), (), organic=True)
    data = to_json_object(tea)
    assert data == {
        "leaf": "green",
        "price": 300,
        "growers": [{"name": "Ann"}, {"name": "Bo", "hectares": 2.5}],
        "marks": [],
        "organic": True,
    }
    assert read(data) == tea
    assert read(data).leaf is Leaf.GREEN


def test_defaults_are_neither_written_nor_needed() -> None:
    assert to_json_object(Tea()) == {}
    assert read({}) == Tea()


def test_null_reads_as_none_and_unknown_keys_are_ignored() -> None:
    assert read({"price": None, "marks": None, "blend": "old"}) == Tea()


def test_what_is_no_such_object_is_refused() -> None:
    with pytest.raises(ValueError, match="purple"):
        read({"leaf": "purple"})
    with pytest.raises(TypeError, match="name"):
        read({"growers": [{"hectares": 2}]})
