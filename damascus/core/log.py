"""Logging: one line per record to standard error and, if wanted, to a file; secrets blotted out."""

import logging
import sys
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from damascus.core.errors import Misconfigured

MOST_BYTES = 5_000_000
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _RedactingFilter(logging.Filter):
    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for secret in self._secrets:
            text = text.replace(secret, "***")
        record.msg, record.args = text, ()
        return True


def configure_logging(level: str = "INFO", secrets: Iterable[str] = (), file: Path | None = None) -> None:
    """Send records of `level` and above to standard error and `file`, with every string in `secrets` as `***`.

    Several processes may name the same file: the lines of each are whole, and old ones are thrown away.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(_in_file(file))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler.addFilter(_RedactingFilter(secrets))
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    for noisy in ("httpx", "httpx2", "openai", "git", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _in_file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"DAMASCUS_LOGS: {path} cannot be written: {error.strerror}") from None
