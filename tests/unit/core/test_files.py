"""Files that are replaced whole."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from damascus.core.files import write_whole


def test_a_file_is_made_and_replaced_with_nothing_left_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "note", "first\n")
    write_whole(tmp_path / "note", "täglich\n")
    assert (tmp_path / "note").read_text(encoding="utf-8") == "täglich\n"
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


@pytest.mark.parametrize(
    ("mask", "mode", "expected"), [(0o022, 0o600, 0o600), (0o077, 0o640, 0o640), (0o027, None, 0o640)]
)
def test_a_file_has_the_mode_that_is_asked_for_or_what_the_umask_allows(
    tmp_path: Path, mask: int, mode: int | None, expected: int
) -> None:
    earlier = os.umask(mask)
    try:
        write_whole(tmp_path / "note", "text", mode)
    finally:
        os.umask(earlier)
    assert stat.S_IMODE((tmp_path / "note").stat().st_mode) == expected


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "note").write_text("before")
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "folder", "text")
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "note", "half a character: \ud800")
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "note", "text")
    assert (tmp_path / "note").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "note"]


def test_readers_beside_many_writers_see_one_text_whole(tmp_path: Path) -> None:
    path = tmp_path / "note"
    write_whole(path, "0" * 50_000)

    def write(digit: int) -> None:
        for _ in range(10):
            write_whole(path, str(digit) * 50_000)

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, digit) for digit in range(4)]
        while not all(writer.done() for writer in writers):
            seen = path.read_text()
            assert (len(seen), len(set(seen))) == (50_000, 1)
        for writer in writers:
            writer.result()
    assert [item.name for item in tmp_path.iterdir()] == ["note"]
