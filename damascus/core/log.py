"""Logging: one line per record to standard error and, if wanted, to a file; secrets redacted."""

import logging
import sys
import threading
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


def configure_logging(level: str = "INFO", file: Path | None = None) -> None:
    """Send records of `level` and above to standard error and `file`, and what nobody caught, too; secrets as `***`.

    Several processes may name the same file: their lines stay whole. Beyond twice MAX_LOG_BYTES the oldest are lost.

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
        return RotatingFileHandler(path, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"DAMASCUS_LOGS: {path} cannot be written: {error.strerror}") from None
