"""Float32 numbers as bytes, in the order that every common machine has them (little-endian)."""

import array
import sys
from collections.abc import Sequence


def pack(numbers: Sequence[float]) -> bytes:
    """Return the numbers as bytes, four for each."""
    packed = array.array("f", numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(data: bytes) -> list[float]:
    """Return the numbers that `pack` was given, as exact as four bytes are."""
    packed = array.array("f")
    packed.frombytes(data)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tolist()
