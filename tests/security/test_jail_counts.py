"""No limit of files is overrun, not for a moment; what has no name, or hides, is no less."""

import os
from pathlib import Path

import pytest

from tests.fixtures.jailed import Jail

OVERRUN = "no limit is overrun"
MIB = "MiB in the workspace"
EVERY_WAY = """
    import socket, threading
    def many():
        yield lambda name: open(name, "w").close()
        yield os.mkdir
        yield lambda name: os.symlink("x", name)
        yield lambda name: os.link("attack.py", name)
        yield lambda name: os.close(os.open(name, os.O_CREAT | os.O_EXCL))
        yield lambda name: os.rename(f"{name}.t", name) if open(f"{name}.t", "w").close() is None else None
        yield lambda name: call(85, os.fsencode(name), 0o600)
        yield lambda name: call(133, os.fsencode(name), 0o100600, 0)
        yield lambda name: os.mkfifo(f"{os.environ['HOME']}/{name}")
        yield lambda name: call(259, -100, os.fsencode(name), 0o100600, 0)
"""


def files_in(folder: Path) -> int:
    return sum(len(folders) + len(names) for _, folders, names in os.walk(folder))


@pytest.mark.attack("files made faster than they are counted", OVERRUN)
def test_no_moment_has_more_files_than_may_be(jail: Jail) -> None:
    """Class: a limit is asked for before, not looked at after. Twelve processes and threads at once, in every way."""
    result = jail.attack(
        EVERY_WAY
        + """
    def storm(n):
        ways = list(many())
        for k in range(2000):
            try:
                ways[k % len(ways)](f"{n}-{k}")
            except OSError:
                pass
    for n in range(6):
        if os.fork() == 0:
            threading.Thread(target=storm, args=(n + 6,)).start()
            storm(n)
            break
    time.sleep(30)
        """,
        workspace_files=300,
    )

    assert "more than 300 files in the workspace" in result.output
    assert 250 < files_in(jail.workspace) <= 300


@pytest.mark.attack("folders that are moved while they are counted", OVERRUN)
def test_a_folder_on_the_move_is_counted(jail: Jail) -> None:
    """Class: a limit is asked for before. A full folder is moved to and fro, past the count, while others fill."""
    result = jail.attack(
        """
        os.makedirs("a/full"); os.makedirs("z")
        if os.fork() == 0:
            while True:
                try:
                    os.rename("a/full", "z/full"); os.rename("z/full", "a/full")
                except OSError:
                    pass
        n = 0
        while True:
            n += 1
            try:
                open(f"{'az'[n % 2]}/full/{n}", "w").close()
            except FileNotFoundError:
                pass
        """,
        workspace_files=400,
    )

    assert "more than 400 files in the workspace" in result.output
    assert files_in(jail.workspace) <= 400


@pytest.mark.attack("honest work beside a limit", OVERRUN)
def test_files_that_are_removed_again_do_not_add_up(jail: Jail) -> None:
    """Class: a limit that honest work runs into is no limit. Programs and threads that make and remove files."""
    result = jail.attack(
        """
        import subprocess, threading
        for n in range(90):
            open(f"kept{n}", "w").close()
        def work(at):
            for n in range(150):
                open(f"t{at}-{n}", "w").close()
                os.unlink(f"t{at}-{n}")
        threads = [threading.Thread(target=work, args=(at,)) for at in range(3)]
        [thread.start() for thread in threads]
        for n in range(20):
            subprocess.run(["bash", "-c", f"echo x > s{n}; true | cat; rm s{n}"], check=True)
        [thread.join() for thread in threads]
        print("done", len(os.listdir()))
        """,
        workspace_files=105,
    )

    assert (result.exit_code, result.output) == (0, "done 91\n")


@pytest.mark.attack("a full workspace", OVERRUN)
def test_in_a_full_workspace_what_is_there_can_be_written_and_removed(jail: Jail) -> None:
    """Class: a limit that honest work runs into is no limit. What exists is no new file."""
    for n in range(48):
        (jail.workspace / f"f{n}").touch()
    work = "echo x > /dev/null; echo y > f1; mkdir -p . ; echo z >> f2; cat f1 f2; (rm f0 2> /dev/null); echo done"

    assert jail.run(work, workspace_files=49).output == "y\nz\ndone\n"
    result = jail.run("echo before; echo x > new; sleep 9; echo after", workspace_files=48)

    assert result.output.endswith("\n[stopped by the workshop: more than 48 files in the workspace]\n")
    assert "after" not in result.output
    assert not (jail.workspace / "new").exists()


@pytest.mark.attack("a name that is swapped for another when it was looked at", OVERRUN)
def test_a_name_that_changes_after_the_look_makes_no_file_too_many(jail: Jail) -> None:
    """Class: what was looked at is not what is done. A path is rewritten in memory, and a folder swapped for a link."""
    for n in range(39):
        (jail.workspace / f"f{n}").touch()
    result = jail.attack(
        """
        import threading
        path = ctypes.create_string_buffer(b"f1", 16)
        def swap():
            n = 0
            while True:
                n += 1
                path.value = b"f1"
                path.value = b"n%d" % n
        threading.Thread(target=swap, daemon=True).start()
        while True:
            fd = libc.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
            libc.close(fd)
        """,
        workspace_files=41,
    )

    assert "more than 41 files in the workspace" in result.output
    assert files_in(jail.workspace) <= 41


@pytest.mark.attack("a device that a rename leaves", OVERRUN)
def test_a_rename_leaves_nothing_behind(jail: Jail) -> None:
    """Class: no device and no file comes in another way. A whiteout is a device node that any user may make."""
    result = jail.attack('open("f", "w").close(); print(call(316, -100, b"f", -100, b"g", 4), sorted(os.listdir()))')

    assert result.output == "-1 ['attack.py', 'f']\n"


@pytest.mark.attack("room that nobody wrote", OVERRUN)
def test_room_is_not_taken_at_once(jail: Jail) -> None:
    """Class: a limit is asked for before. fallocate, and its older names, take gigabytes in no time."""
    result = jail.attack(
        """
        import errno, fcntl, struct
        file = open("f", "wb")
        print(call(285, file.fileno(), 0, 0, 1 << 25), errno.errorcode[ctypes.get_errno()])
        for which in (0x40305828, 0x4030582A, 0x40305839):
            try:
                fcntl.ioctl(file, which, struct.pack("hhqqiiiiii", 0, 0, 0, 1 << 25, 0, 0, 0, 0, 0, 0))
            except PermissionError:
                print("refused")
        os.posix_fallocate(file.fileno(), 0, 8192)
        print(os.fstat(file.fileno()).st_size, os.fstat(file.fileno()).st_blocks < 100)
        """
    )

    assert result.output == "-1 ENOTSUP\n" + "refused\n" * 3 + "8192 True\n"


@pytest.mark.attack("a program that runs as its owner", OVERRUN)
def test_no_way_to_create_a_file_sets_its_user_or_group(jail: Jail) -> None:
    """Class: what is refused by one call is refused by each. chmod masks the bits; open, creat and mknod took them."""
    result = jail.attack(
        """
        print(call(2, b"a", 0o101, 0o4755), call(257, -100, b"b", 0o101, 0o2755), call(85, b"c", 0o6777),
              call(133, b"d", 0o104755, 0), call(259, -100, b"e", 0o102755, 0),
              call(257, -100, b".", 0o20200001, 0o4700))
        os.chmod("attack.py", 0o6700)
        os.mkdir("f", 0o6755)
        os.close(os.open("attack.py", os.O_RDONLY, 0o6777))
        print([oct(os.stat(name).st_mode & 0o6000) for name in sorted(os.listdir())])
        """
    )

    assert result.output == "-1 -1 -1 -1 -1 -1\n['0o0', '0o0']\n"


HIDING = {
    "mapped only": "keep.append(mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE)); file.close()",
    "mapped low": "libc.mmap(0x1000000 + n * 0x10000, 4096, 1, 0x12, file.fileno(), 0); file.close()",
    "a thread's own": "keep.append(file)",
}


@pytest.mark.attack("files that are held where nobody looks", OVERRUN)
@pytest.mark.parametrize("way", HIDING)
def test_a_file_without_a_name_counts_wherever_it_is_held(jail: Jail, way: str) -> None:
    """Class: what has no name is no less. Deleted files that are mapped, or open in a thread whose first one ended."""
    result = jail.attack(
        f"""
        import mmap, threading
        libc.mmap.argtypes = [ctypes.c_ulong, ctypes.c_ulong, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        libc.mmap.restype = ctypes.c_long
        keep = []
        def hoard():
            time.sleep(0.3)
            for n in range(10):
                file = open("big", "wb+")
                os.unlink("big")
                file.write(b"x" * 3_000_000)
                file.flush()
                {HIDING[way]}
            time.sleep(6)
            print("held", flush=True)
            os._exit(0)
        if os.fork() == 0:
            threading.Thread(target=hoard).start()
            if {way == "a thread's own"}:
                libc.syscall(60, 0)
            time.sleep(20)
        os.wait()
        """,
        workspace_mb=15, file_mb=6,
    )  # fmt: skip

    assert MIB in result.output


@pytest.mark.attack("memory of a process whose first thread ended", OVERRUN)
def test_memory_counts_though_the_first_thread_ended(jail: Jail) -> None:
    """Class: what hides is no less. The kernel shows no memory for a process's first thread once that has ended."""
    result = jail.attack(
        """
        import threading
        def hold():
            time.sleep(0.3)
            block = b"x" * (60 << 20)
            time.sleep(6)
            print("held", flush=True)
        for _ in range(6):
            if os.fork() == 0:
                threading.Thread(target=hold).start()
                libc.syscall(60, 0)
        time.sleep(8)
        """,
        memory_mb=150,
    )

    assert "more than 150 MiB of memory in all" in result.output


@pytest.mark.attack("a process that makes itself invisible", OVERRUN)
def test_a_process_cannot_hide_what_it_has_open(jail: Jail) -> None:
    """Class: what hides is no less. Without the dumpable flag nobody but root sees a process's files."""
    result = jail.attack(
        """
        libc.prctl(4, 0)
        print(libc.prctl(3), flush=True)
        files = [open("big", "wb") for _ in range(20) if not (os.path.exists("big") and os.unlink("big"))]
        os.unlink("big")
        for file in files:
            file.write(b"x" * 1_000_000)
            file.flush()
        time.sleep(6)
        print("held")
        """,
        workspace_mb=10,
    )

    assert result.output.startswith("1\n")
    assert MIB in result.output


@pytest.mark.attack("processes that the launcher stops", OVERRUN)
def test_what_a_command_stopped_stays_stopped(jail: Jail) -> None:
    """Class: a wall changes nothing for honest work. The launcher holds a command still to count, and lets it go on."""
    result = jail.attack(
        """
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            print("went on", flush=True)
            os._exit(0)
        os.waitpid(child, os.WUNTRACED)
        for n in range(200):
            open("f", "w").close()
            os.unlink("f")
        print(os.waitpid(child, os.WNOHANG | os.WCONTINUED), flush=True)
        os.kill(child, signal.SIGCONT)
        os.waitpid(child, 0)
        """,
        workspace_files=20,
    )

    assert result.output == "(0, 0)\nwent on\n"
