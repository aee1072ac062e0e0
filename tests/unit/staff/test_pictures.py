"""The staff as users of a Gitea: a picture that a name decides, and a line that the set-up reads."""

import base64
import struct
import zlib
from pathlib import Path

import pytest

from damascus.staff.pictures import picture_of
from damascus.staff.roster import main, roster

PERSONAS = Path(__file__).parents[3] / "agents/personas"


def pixels(png: bytes) -> list[bytes]:
    """The lines of an image, read as any program does; the check sums must be right."""
    at, data = 8, b""
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        kind, part, check = png[at + 4 : at + 8], png[at + 8 : at + 8 + size], png[at + 8 + size : at + 12 + size]
        assert struct.unpack(">I", check) == (zlib.crc32(kind + part),)
        data += part if kind == b"IDAT" else b""
        at += 12 + size
    raw, width = zlib.decompress(data), struct.unpack(">I", png[16:20])[0]
    return [raw[n + 1 : n + 1 + 3 * width] for n in range(0, len(raw), 1 + 3 * width)]


def test_a_picture_is_square_and_the_same_left_and_right() -> None:
    lines = pixels(picture_of("Jordan Kim"))
    for line in lines:
        dots = [line[n : n + 3] for n in range(0, len(line), 3)]
        assert len(dots) == len(lines) == 96
        assert dots == dots[::-1]
    assert len({line[n : n + 3] for line in lines for n in range(0, len(line), 3)}) == 2


def test_a_name_alone_decides_its_picture() -> None:
    assert picture_of("Jordan Kim") == picture_of("Jordan Kim") != picture_of("Sarah Okafor")


def test_the_roster_has_a_line_per_member_with_the_address_of_its_commits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(PERSONAS)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == roster(PERSONAS)
    login, email, name, picture = next(line for line in lines if "Jordan" in line).split("\t")
    assert (login, email, name) == ("jordan.kim", "jordan.kim@damascus.local", "Jordan Kim")
    assert base64.b64decode(picture) == picture_of("Jordan Kim")


def test_a_folder_without_personas_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
