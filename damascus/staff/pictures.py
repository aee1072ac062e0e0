"""A picture for each member of the staff: a pattern that their name alone decides, so it is the same everywhere."""

import hashlib
import struct
import zlib

CELLS = 5
CELL_PIXELS = 16
BORDER_PIXELS = 8
PAPER = bytes((240, 242, 245))


def picture_of(name: str) -> bytes:
    """Return a PNG: cells that are mirrored left to right, in one color."""
    digest = hashlib.sha256(name.encode()).digest()
    ink = bytes(40 + part % 140 for part in digest[:3])
    half = (CELLS + 1) // 2
    cells = [
        [digest[3 + row * half + min(column, CELLS - 1 - column)] % 2 for column in range(CELLS)]
        for row in range(CELLS)
    ]
    edge = PAPER * BORDER_PIXELS
    blank = PAPER * (CELLS * CELL_PIXELS + 2 * BORDER_PIXELS)
    lines = [blank] * BORDER_PIXELS
    for row in cells:
        lines += [edge + b"".join((ink if cell else PAPER) * CELL_PIXELS for cell in row) + edge] * CELL_PIXELS
    return _png([*lines, *[blank] * BORDER_PIXELS])


def _png(lines: list[bytes]) -> bytes:
    """Return an image of these lines, each of three bytes per pixel (PNG, RFC 2083)."""
    header = struct.pack(">IIBBBBB", len(lines[0]) // 3, len(lines), 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
