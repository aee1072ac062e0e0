"""A model's path never leads out of the workspace, whatever it says and whatever a command does meanwhile."""

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damascus.core.confined_folder import ConfinedFolder, parts_of
from damascus.core.errors import Invalid, NotFound, PathOutsideFolder

ODD = ["..", ".", "", "/", "~", ".git", ".GIT", "a", "out", "in", "\n", "\x00x", "\u200d.git", "a" * 300, "é", "\\"]
ODD_PATHS = st.lists(st.sampled_from(ODD) | st.text(max_size=6), max_size=6).map("/".join)


def snapshot(folder: Path, without: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if without not in (path, *path.parents))
    return {str(path): path.read_text() if path.is_file() else "" for path in found if not path.is_symlink()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(path=ODD_PATHS)
def test_no_path_writes_or_reads_outside(jail: ConfinedFolder, root: Path, path: str) -> None:
    outside = root.parent.parent
    if not (root / "out").is_symlink():
        (root / "out").symlink_to(outside)
    before = snapshot(outside, root)
    with suppress(Invalid, NotFound, UnicodeEncodeError):
        jail.write(path, b"mine")
    with suppress(Invalid, NotFound, UnicodeEncodeError):
        assert b"s3cret" not in jail.read(path, 100)
    assert snapshot(outside, root) == before


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret", "a/../../secret", "~/x", "..", "a/..", ".git/config"])
def test_a_path_that_leads_out_is_refused_by_name(path: str) -> None:
    with pytest.raises(PathOutsideFolder):
        parts_of(path)


@pytest.mark.parametrize("path", [".GIT/config", ".git./x", "a/.Git/hooks/pre-commit", "git~1/config"])
def test_the_git_folder_is_refused_in_every_spelling(path: str) -> None:
    with pytest.raises(PathOutsideFolder):
        parts_of(path)


@pytest.mark.parametrize("path", ["a\nb", "a\x1b[2J", "x\u202ey", "a" * 256, "/".join("a" * 40)])
def test_a_name_that_no_file_should_have_is_refused(path: str) -> None:
    with pytest.raises(Invalid):
        parts_of(path)


def test_a_link_is_neither_read_nor_written_nor_passed_through(jail: ConfinedFolder, root: Path) -> None:
    secret = root.parent.parent / "secret"
    (root / "file").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    for path in ("file", "folder/secret"):
        with pytest.raises(PathOutsideFolder, match="link"):
            jail.read(path, 100)
        with pytest.raises(PathOutsideFolder, match="link"):
            jail.write(path, b"mine")
    with pytest.raises(PathOutsideFolder):
        jail.entries("folder", 10)
    assert secret.read_text() == "s3cret"


def test_links_are_listed_as_links(jail: ConfinedFolder, root: Path) -> None:
    (root / "l").symlink_to("/")
    (root / ".git").mkdir()
    assert [(entry.name, entry.kind) for entry in jail.entries("", 10)] == [("l", "link")]


def test_pipes_sockets_devices_and_folders_are_not_files(
    jail: ConfinedFolder, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(root)  # a socket's path is short
        listening.bind("sock")
        for name in ("pipe", "folder", "sock"):
            with pytest.raises(Invalid):
                jail.read(name, 100)
            with pytest.raises(Invalid):
                jail.write(name, b"mine")


def test_a_file_keeps_its_permissions_when_it_is_replaced(jail: ConfinedFolder, root: Path) -> None:
    assert jail.write("bin/run.sh", b"#!/bin/sh\n") is True
    (root / "bin/run.sh").chmod(0o755)
    assert jail.write("bin/run.sh", b"#!/bin/sh\necho\n") is False
    assert (root / "bin/run.sh").stat().st_mode & 0o777 == 0o755


def test_replacing_one_name_of_a_file_leaves_its_other_names_alone(jail: ConfinedFolder, root: Path) -> None:
    secret = root.parent.parent / "secret"
    os.link(secret, root / "twin")
    jail.write("twin", b"mine")
    assert secret.read_text() == "s3cret"


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(jail: ConfinedFolder, root: Path) -> None:
    jail.write("a", b"old")
    with pytest.raises(Invalid):
        jail.write("a/b", b"new")
    assert (root / "a").read_bytes() == b"old"
    assert [path.name for path in root.parent.iterdir()] == ["workspace"]


def test_a_workspace_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="create the repository"):
        ConfinedFolder(tmp_path / "none").read("a", 10)


@pytest.mark.long
def test_a_link_swapped_in_while_we_write_and_read_gains_nothing(jail: ConfinedFolder, root: Path) -> None:
    outside = root.parent.parent / "outside"
    outside.mkdir()
    (outside / "f").write_text("s3cret")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            with suppress(OSError):
                os.rename(root / "d", root / "was")
            with suppress(OSError):
                os.symlink(outside, root / "d")
            with suppress(OSError):
                os.unlink(root / "d")
            with suppress(OSError):
                os.rename(root / "was", root / "d")

    jail.write("d/f", b"ours")
    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(3_000):
            with suppress(Invalid, NotFound):
                jail.write("d/f", b"ours")
            with suppress(Invalid, NotFound):
                assert jail.read("d/f", 100) == b"ours"
    finally:
        stop.set()
        swapping.join()
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"f": "s3cret"}
