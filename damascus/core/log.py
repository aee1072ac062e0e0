"""Logging: one line per record to standard error and, if wanted, to a file; secrets redacted."""

import logging
import sys
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from damascus.core.errors import Misconfigured

MAX_LOG_BYTES = 5_000_000
_NOISY = ("httpx", "httpx2", "openai", "git", "alembic")
_MIN_SECRET_CHARS = 4  # shorter ones would blank out ordinary text
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _RedactingFilter(logging.Filter):
    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = sorted({s for s in secrets if len(s) >= _MIN_SECRET_CHARS}, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for secret in self._secrets:
            text = text.replace(secret, "***")
        record.msg, record.args = text, ()
        return True


def configure_logging(level: str = "INFO", secrets: Iterable[str] = (), file: Path | None = None) -> None:
    """Send records of `level` and above to standard error and `file`, with every string in `secrets` as `***`.

    Several processes may name the same file: their lines stay whole. Beyond twice MAX_LOG_BYTES the oldest are lost.

    Raises Misconfigured if `file` cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(_file_handler(file))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler.addFilter(_RedactingFilter(secrets))
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _file_handler(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(path, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"DAMASCUS_LOGS: {path} cannot be written: {error.strerror}") from None
