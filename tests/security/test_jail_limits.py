"""Nothing is subtracted from a command's limits, and what nobody counts there is not."""

import os
from pathlib import Path

import pytest

from tests.fixtures.jailed import Jail

COUNTED = "no limit is subtracted from"
FULL = "MiB in the workspace"
FILES = "for i in $(seq 400); do : > $RANDOM.$i; done"
BYTES = "head -c 4000000 /dev/zero > $RANDOM"


@pytest.mark.attack("a process named like a line of /proc that subtracts", COUNTED)
@pytest.mark.parametrize("name", [b"\rVmSwap: -99999", b"\nVmSwap: -99999 kB", b"VmSwap:\t-99999"])
def test_a_name_subtracts_no_memory(jail: Jail, name: bytes) -> None:
    """Class: text that a command chooses is never structure. Eight processes hold 400 MiB under a limit of 150."""
    result = jail.attack(
        f"""
        for _ in range(8):
            if os.fork() == 0:
                rename({name!r})
                block = b"x" * (50 << 20)
                time.sleep(20)
        time.sleep(20)
        print("held")
        """,
        memory_mb=150,
    )

    assert "more than 150 MiB of memory in all" in result.output


@pytest.mark.attack("shared memory that is resident nowhere", COUNTED)
@pytest.mark.parametrize("let_go", [
    "libc.madvise(ctypes.c_void_p(at), size, 4)",
    "libc.munmap(ctypes.c_void_p(at + 4096), size - 4096)",
    "libc.munmap(ctypes.c_void_p(at), size - 4096)",
])  # fmt: skip
def test_shared_memory_counts_though_no_process_has_it_resident(jail: Jail, let_go: str) -> None:
    """Class: memory that a command made counts until it ends, whatever the command lets go of."""
    result = jail.attack(
        f"""
        libc.mmap.restype = ctypes.c_void_p
        size = 40 << 20
        for _ in range(10):
            at = libc.mmap(None, size, 3, 0x21, -1, 0)
            ctypes.memset(at, 1, size)
            {let_go}
        time.sleep(1)
        print("held")
        """,
        memory_mb=150,
    )

    assert "more than 150 MiB of memory in all" in result.output


@pytest.mark.attack("shared memory of /dev/zero", COUNTED)
def test_a_device_is_not_mapped_to_share(jail: Jail) -> None:
    """Class: memory that a command made counts. /dev/zero is shared memory under another name; files are mapped."""
    result = jail.attack(
        """
        import mmap
        with open("mine", "wb+") as file:
            file.write(b"x" * 4096)
            file.flush()
            print(mmap.mmap(file.fileno(), 4096)[:1])
        for mode in ("rb", "rb+"):
            with open("/dev/zero", mode) as zero:
                for protection in (1, 3):
                    try:
                        mmap.mmap(zero.fileno(), 4096, mmap.MAP_SHARED, protection)
                        print("MAPPED")
                    except OSError:
                        pass
        """
    )

    assert result.output == "b'x'\n"


@pytest.mark.attack("a hundred thousand empty files", COUNTED)
def test_empty_files_count(jail: Jail) -> None:
    """Class: what costs no bytes costs something. Files, folders and links of no size, in one command."""
    result = jail.attack(
        """
        for n in range(30_000):
            os.mkdir(f"d{n}") if n % 3 == 0 else os.symlink("x", f"l{n}") if n % 3 == 1 else open(f"f{n}", "w").close()
        time.sleep(5)
        print("held")
        """,
        workspace_files=1_000,
    )

    assert "more than 1000 files in the workspace" in result.output


@pytest.mark.attack("a limit that begins anew with each command", COUNTED)
@pytest.mark.parametrize(
    "what", ["for i in $(seq 400); do : > $RANDOM.$i; done", "head -c 4000000 /dev/zero > $RANDOM"]
)
def test_a_workspace_has_its_limits_over_its_life(jail: Jail, what: str) -> None:
    """Class: a limit that counts per command counts nothing. Many small commands fill a workspace."""
    results = [jail.run(f"{what}; sleep 0.3", workspace_files=1_000, workspace_mb=10) for _ in range(4)]

    assert results[0].exit_code == 0
    assert "in the workspace" in results[-1].output
    assert jail.run("rm -rf ./*", workspace_files=1_000, workspace_mb=10).exit_code == 0
    assert jail.run(what, workspace_files=1_000, workspace_mb=10).exit_code == 0


@pytest.mark.attack("a workspace of far too many files", COUNTED)
def test_nothing_runs_where_counting_alone_would_take_for_ever(jail: Jail) -> None:
    """Class: what nobody bounds at its source. A full workspace is not counted to its end before each command."""
    for n in range(50):
        (jail.workspace / str(n)).touch()

    result = jail.run("echo ran", workspace_files=20)

    assert (result.exit_code, result.output) == (
        137,
        "[stopped by the workshop: more than 40 files in the workspace]\n",
    )


@pytest.mark.attack("a folder that nobody may search", COUNTED)
@pytest.mark.parametrize("mode", [0o000, 0o311, 0o111, 0o222])
def test_a_closed_folder_counts(jail: Jail, mode: int) -> None:
    """Class: what cannot be counted is never nothing. Files grow in folders of closed modes; these stay."""
    result = jail.attack(
        f"""
        os.makedirs("d/e")
        files = [open(f"d/e/{{n}}", "wb", buffering=0) for n in range(30)]
        os.chmod("d/e", {mode})
        os.chmod("d", {mode})
        for file in files:
            file.write(b"x" * 1_000_000)
        time.sleep(3)
        print("held")
        """,
        workspace_mb=10,
    )

    assert FULL in result.output
    for name in ("d", "d/e"):
        assert (jail.workspace / name).stat().st_mode & 0o777 == mode
        (jail.workspace / name).chmod(0o700)


@pytest.mark.attack("folders too deep for a path", COUNTED)
def test_what_lies_too_deep_is_found(jail: Jail) -> None:
    """Class: what cannot be counted is never nothing. No path is long enough for a file 2,000 folders down."""
    result = jail.attack(
        """
        for n in range(2000):
            os.mkdir("d" * 100)
            os.chdir("d" * 100)
        open("big", "wb").write(b"x" * 30_000_000)
        time.sleep(3)
        print("held")
        """,
        workspace_mb=10,
    )

    assert "folders more than 256 deep in the workspace" in result.output
    assert jail.run("rm -rf d*", workspace_mb=10).exit_code == 0, "and what is left can be removed"
    assert os.listdir(jail.workspace) == ["attack.py"]


@pytest.mark.attack("files that are deleted and open", COUNTED)
@pytest.mark.parametrize("folder", [".", "os.environ['HOME']"])
@pytest.mark.parametrize("anonymous", [False, True])
def test_a_file_without_a_name_counts_while_it_is_open(jail: Jail, folder: str, anonymous: bool) -> None:
    """Class: what has no name is no less. Unlinked files and O_TMPFILE, in the workspace and in the private folder."""
    way = "place, os.O_TMPFILE | os.O_RDWR" if anonymous else "place + '/f', os.O_CREAT | os.O_RDWR"
    result = jail.attack(
        f"""
        place = {folder if folder != "." else "'.'"}
        for _ in range(30):
            file = os.open({way})
            if not {anonymous}:
                os.unlink(place + "/f")
            os.write(file, b"x" * 1_000_000)
        time.sleep(3)
        print("held")
        """,
        workspace_mb=10,
    )

    assert FULL in result.output


@pytest.mark.attack("names that count twice", COUNTED)
def test_names_links_and_holes_are_counted_for_what_they_are(jail: Jail) -> None:
    """Class: a limit that honest work runs into is no limit. Hard links and holes take no room, odd names are names."""
    result = jail.attack(
        r"""
        open("big", "wb").write(b"x" * 4_000_000)
        for n in range(50):
            os.link("big", f"link{n}")
        os.truncate(os.open("hole", os.O_CREAT | os.O_RDWR), 60_000_000)
        for name in (b"\xff\xfe", b"new\nline", b"\rVmSwap: -9", b" ", b"-rf"):
            open(name, "w").close()
        time.sleep(0.5)
        print("done")
        """.replace("os.truncate(os.open", "os.ftruncate(os.open"),
        workspace_mb=10,
    )

    assert result.output == "done\n"


@pytest.mark.attack("a link out of the workspace that is counted", COUNTED)
def test_a_count_is_not_led_out(jail: Jail, tmp_path: Path) -> None:
    """Class: no parent acts on what a command laid out for it. Folders are swapped for links while they are counted."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "big").write_bytes(b"x" * 20_000_000)
    result = jail.attack(
        f"""
        os.mkdir("d")
        os.symlink({str(outside)!r}, "l")
        end = time.time() + 2
        while time.time() < end:
            os.rename("d", "t"); os.rename("l", "d"); os.rename("t", "l")
        print("done")
        """,
        workspace_mb=10,
    )

    assert result.output == "done\n"
    assert os.listdir(outside) == ["big"]


@pytest.mark.attack("processes that are not counted", COUNTED)
@pytest.mark.parametrize(
    "way", ["os.setsid()", "libc.prctl(4, 0)", "rename(b') Z 1 (')", "os.setsid(); os.fork() and os._exit(0)"]
)
def test_no_process_hides_from_the_count(jail: Jail, way: str) -> None:
    """Class: processes are counted by the kernel's own lists. Sessions, leftovers, hidden and renamed processes."""
    result = jail.attack(
        f"""
        for _ in range(200):
            if os.fork() == 0:
                {way}
                time.sleep(20)
                os._exit(0)
        time.sleep(20)
        """,
        processes=40,
    )

    assert "more than 40 processes and threads at once" in result.output
