"""Logging: one line per record to standard error and, if wanted, to a file; secrets redacted."""

import fcntl
import logging
import os
import sys
import threading
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from damascus.core.errors import Misconfigured
from damascus.core.redaction import redact

MAX_LOG_BYTES = 5_000_000
_NOISY = ("httpx", "httpx2", "openai", "git", "alembic")
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _RedactingFormatter(logging.Formatter):
    """The last to touch a record: message, arguments, traceback and stack are one text by now."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class SharedFileHandler(RotatingFileHandler):
    """Rotates a file that several processes write: one of them moves it aside, the others follow it to the new one."""

    stream: TextIOWrapper  # it is opened at once, and never left closed

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 (as in the standard library)
        self._follow()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802
        with os.fdopen(os.dup(self.stream.fileno()), "a") as same:  # keeps the lock while the stream is closed
            fcntl.flock(same, fcntl.LOCK_EX)
            if not self._follow():
                super().doRollover()

    def _follow(self) -> bool:
        """Open the new file if another process moved this one aside. Returns whether it was."""
        try:
            is_same = os.path.samestat(os.stat(self.baseFilename), os.fstat(self.stream.fileno()))
        except FileNotFoundError:
            is_same = False
        if not is_same:
            self.stream.close()
            self.stream = self._open()
        return not is_same


def configure_logging(level: str = "INFO", file: Path | None = None) -> None:
    """Send records of `level` and above to standard error and `file`, and what nobody caught, too; secrets as `***`.

    Several processes may name the same file: their lines stay whole. At MAX_LOG_BYTES it is moved to `NAME.1`, and what
    was there is lost.

    Raises Misconfigured if `file` cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(_file_handler(file))
    for handler in handlers:
        handler.setFormatter(_RedactingFormatter(_FORMAT))
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    logging.captureWarnings(True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = lambda kind, error, trace: _uncaught(kind, error, trace)
    threading.excepthook = lambda a: _uncaught(a.exc_type, a.exc_value, a.exc_traceback)
    sys.unraisablehook = lambda a: _uncaught(a.exc_type, a.exc_value, a.exc_traceback)


def write_error(text: str) -> None:
    """Write a line to standard error, secrets as `***`."""
    sys.stderr.write(f"{redact(text)}\n")


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
        return
    logging.getLogger(__name__).critical("an error that nothing caught", exc_info=(kind, error or kind(), trace))


def _file_handler(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return SharedFileHandler(path, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"DAMASCUS_LOGS: {path} cannot be written: {error.strerror}") from None
