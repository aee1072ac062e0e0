"""A log that several processes write is moved aside once when it is full, and no line of it is torn or lost."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import logging, sys
from damascus.core.log import SharedFileHandler
path, name, count, most = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
handler = SharedFileHandler(path, maxBytes=most, backupCount=1, encoding="utf-8")
for n in range(count):
    handler.emit(logging.LogRecord("x", logging.INFO, "", 0, f"{name} {n:06d} {'.' * 60}", None, None))
"""
ROOT = Path(__file__).parents[3]
LINE = re.compile(r"(w\d) (\d{6}) \.{60}")


def write(log: Path, lines: int, most: int) -> None:
    command = [sys.executable, "-c", WRITER, str(log)]
    writers = [subprocess.Popen([*command, f"w{n}", str(lines), str(most)], cwd=ROOT) for n in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]


def lines_of(*paths: Path) -> list[tuple[str, str]]:
    found = [LINE.fullmatch(line) for path in paths for line in path.read_text().splitlines()]
    assert all(found)
    return [(line[1], line[2]) for line in found if line]


def test_lines_of_three_processes_are_all_there_around_one_rotation(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    write(log, lines=1_000, most=150_000)  # 216,000 bytes in all
    kept = lines_of(tmp_path / "x.log.1", log)
    assert len(kept) == len(set(kept)) == 3_000


@pytest.mark.parametrize("most", [20_000])
def test_the_newest_lines_are_kept_and_there_are_never_more_than_two_files(tmp_path: Path, most: int) -> None:
    log = tmp_path / "x.log"
    write(log, lines=2_000, most=most)
    assert {path.name for path in tmp_path.iterdir()} == {"x.log", "x.log.1"}
    old, new = tmp_path / "x.log.1", log
    assert most - 1_000 < old.stat().st_size <= most + 1_000
    assert new.stat().st_size <= most + 1_000
    assert any(number == "001999" for _, number in lines_of(old, new))
