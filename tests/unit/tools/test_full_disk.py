"""A full disk is nobody's mistake: the call is made again, and the old file stays whole meanwhile."""

from pathlib import Path

import pytest

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import Unavailable
from tests.fixtures.disk import a_disk, can_mount


def test_a_file_that_finds_no_room_is_the_disks_trouble_and_not_the_models(tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with a_disk(tmp_path / "disk", "64k"):
        root = tmp_path / "disk" / "workspace"
        root.mkdir()
        jail = ConfinedFolder(root)
        jail.write("notes.md", b"old")
        with pytest.raises(Unavailable, match=r"notes\.md: No space left.*the disk is the problem"):
            jail.write("notes.md", b"new" * 100_000)
        assert jail.read("notes.md", 10) == b"old"
        assert [path.name for path in root.parent.iterdir()] == ["workspace"]  # no draft lies about
