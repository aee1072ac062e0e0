"""What commands leave is removed as a whole, with nobody's help, and nothing else is."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from damascus.workshop import litter

HOLD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from damascus.workshop import litter
litter.make_locked(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def filled(folder: Path, files: int = 3) -> Path:
    """A folder with files, with folders closed to their owner, and with links that lead out."""
    outside = folder.parent.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "kept").write_text("kept")
    shut = folder / "shut" / "inner"
    shut.mkdir(parents=True)
    for number in range(files):
        (shut / str(number)).touch()
    (folder / "link").symlink_to(outside)
    (shut / "link").symlink_to(outside / "kept")
    for closed in (shut, folder / "shut", folder):
        closed.chmod(0)
    return folder


def test_a_folder_goes_with_all_that_a_command_closed_and_what_links_name_stays(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    litter.discard(filled(place / "work"))
    litter.discard(place / "work")

    assert os.listdir(place) == []
    assert (tmp_path / "outside/kept").read_text() == "kept"
    assert (tmp_path / "outside").stat().st_mode & 0o777 == 0o755


def test_a_link_to_a_folder_is_no_folder_to_remove(tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "place"
    kept.mkdir()
    place.mkdir()
    (place / "link").symlink_to(kept)

    litter.remove_unlocked(place)

    assert kept.exists()
    assert litter.folders(place) == []


def test_what_a_crash_left_half_removed_goes_the_next_time(tmp_path: Path) -> None:
    place = tmp_path / "place"
    filled(place / ".discarded-0123")
    (place / "other").mkdir()

    assert litter.folders(place) == [place / "other"]
    litter.remove_discarded(place)

    assert os.listdir(place) == ["other"]


def test_a_copy_goes_when_its_process_was_killed_and_not_before(tmp_path: Path) -> None:
    place = tmp_path / "checks"
    held = litter.make_locked(place / "held")
    killed = subprocess.run([sys.executable, "-c", HOLD_AND_DIE, place / "killed"], check=False)
    filled(place / "killed/copy")
    filled(place / "old")  # before folders were held, commands could close them

    litter.remove_unlocked(place)

    assert killed.returncode == -9
    assert os.listdir(place) == ["held"]
    os.close(held)
    litter.remove_unlocked(place)
    assert os.listdir(place) == []


def test_many_may_remove_and_make_at_once(tmp_path: Path) -> None:
    place = tmp_path / "checks"
    place.mkdir()
    for number in range(20):
        filled(place / f"old-{number}", files=20)

    with ThreadPoolExecutor(8) as pool:
        swept = [pool.submit(litter.remove_unlocked, place) for _ in range(8)]
        held = [pool.submit(litter.make_locked, place / f"new-{number}") for number in range(20)]
        for job in swept:
            job.result()
        holders = [job.result() for job in held]

    assert sorted(os.listdir(place)) == sorted(f"new-{number}" for number in range(20))
    for holder in holders:
        os.close(holder)


@pytest.mark.parametrize("action", [litter.remove_unlocked, litter.remove_discarded, litter.discard])
def test_where_there_is_nothing_nothing_happens(tmp_path: Path, action: object) -> None:
    assert callable(action)
    action(tmp_path / "none")

    assert not (tmp_path / "none").exists()
