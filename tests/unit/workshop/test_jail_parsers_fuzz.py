"""What the launcher reads of /proc, with any name of a process in it: numbers are the kernel's, and nothing raises."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from damascus.workshop.jail.leftovers import mark_in
from damascus.workshop.jail.process_tree import kilobytes
from tests.fixtures.fuzz import door

NAMES = (b"RssAnon:", b"VmSwap:")
SIZES = st.integers(0, 2**54)
COMM = st.binary(max_size=15).map(lambda name: name.replace(b"\0", b""))


def status(name: bytes, anonymous: int, swapped: int) -> bytes:
    """As fs/proc/array.c and task_mmu.c write it: of a name only line feeds and backslashes are escaped."""
    shown = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
    return b"Name:\t%b\nUmask:\t0022\nRssAnon:\t%8d kB\nRssFile:\t%8d kB\nVmSwap:\t%8d kB\nThreads:\t1\n" % (
        shown, anonymous, 7, swapped,
    )  # fmt: skip


@door(5)
@given(COMM, SIZES, SIZES)
@example(b"\rVmSwap: -99999", 5, 6)
@example(b"\rRssAnon: z", 12_345_678, 123_456_789)
def test_a_name_changes_no_sum(name: bytes, anonymous: int, swapped: int) -> None:
    assert kilobytes(status(name, anonymous, swapped), NAMES) == anonymous + swapped


@door(5)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_read_without_a_fault(first: bytes, second: bytes) -> None:
    assert kilobytes(first + b"\nRssAnon:" + second, NAMES) >= 0
    assert (mark_in(first + b"\nMax file locks" + second) or 0) >= 0


@door(5)
@given(COMM)
@example(b"\nVmSwap: 9 kB")
def test_the_kernel_writes_a_name_on_one_line(name: bytes) -> None:
    libc = ctypes.CDLL(None)
    before = Path("/proc/self/comm").read_bytes()
    libc.prctl(15, name)
    try:
        lines = Path(f"/proc/{os.getpid()}/status").read_bytes().split(b"\n")
        assert [line.partition(b":")[0] for line in lines[:2]] == [b"Name", b"Umask"]
    finally:
        libc.prctl(15, before.rstrip(b"\n"))


def test_the_mark_of_a_process_is_read_from_its_limits() -> None:
    program = "import resource; resource.setrlimit(10, (77, 77)); print(open('/proc/self/limits').read())"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert mark_in(shown.stdout) == 77
    assert mark_in(Path("/proc/self/limits").read_bytes()) is None
