"""Standard input, output and error as a shell may leave them: closed, or with a reader that has gone (`| head -1`)."""

import os
import sys

INPUT, OUTPUT, ERROR = range(3)


class ReaderGone(Exception):
    """Nobody reads standard output any more, so there is nothing left to do; no OSError, which Typer would handle."""


def open_closed_streams() -> None:
    """Give each of the three that is closed to the null device: else the next file that is opened takes its place."""
    for number, mode in ((INPUT, os.O_RDONLY), (OUTPUT, os.O_WRONLY), (ERROR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest number that is free, which is this one
    sys.stdin = sys.stdin or open(INPUT, closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or open(OUTPUT, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(ERROR, "w", closefd=False, encoding="utf-8")  # noqa: SIM115


def write_out(text: str) -> None:
    """Write to standard output at once. Raises ReaderGone if nobody reads it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def settle_streams() -> None:
    """Write what is left, or drop it where that fails: Python would try again at its end, and complain."""
    for number, stream in ((OUTPUT, sys.stdout), (ERROR, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
