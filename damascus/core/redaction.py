"""Secrets are not written: every secret that this process has loaded becomes `***`, in whatever form it appears.

Loading is what makes a secret known: the settings, and each reader of a file with one, call `remember_secret`.
"""

import base64
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
_MIN_SECRET_CHARS = 4  # a shorter one would blank out ordinary text
_MIN_WORD_CHARS = 16
_MIN_ENCODED_CHARS = 8  # of base64, whose ends depend on what stands beside the secret


class Redactor:
    """Replaces what it was told of; a secret that was replaced by a new one stays known."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def remember(self, secret: str) -> None:
        """Replace this text, too: as it is, quoted in a URL, as JSON or Python, in hexadecimal and base64.

        A short text, or one plain word such as the `anything` that stands for no key, is left alone.
        """
        for text in {secret, secret.strip(), unquote(secret)}:
            is_word = text.isalpha() and len(text) < _MIN_WORD_CHARS
            if len(text) >= _MIN_SECRET_CHARS and not is_word:
                self._forms |= _forms(text)
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def redact(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(secret: str) -> set[str]:
    data = secret.encode(errors="surrogatepass")
    forms = {secret, quote_plus(secret, errors="replace"), data.hex(), data.hex().upper(), repr(secret)[1:-1]}
    forms |= {quote(secret, safe=safe, errors="replace") for safe in ("", "/")}
    forms |= {json.dumps(secret, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)}
    for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
        for before in range(3):  # its place in a group of three bytes decides how it looks
            encoded = encode(b"\0" * before + data).decode().rstrip("=")
            whole = encoded[(0, 2, 3)[before] : len(encoded) - (1 if (before + len(data)) % 3 else 0)]
            forms |= {whole} if len(whole) >= _MIN_ENCODED_CHARS else set()
    return forms


_known = Redactor()


def remember_secret(secret: str) -> None:
    """Keep this text out of all that this process writes from now on."""
    _known.remember(secret)


def redact(text: str) -> str:
    """Return `text` with every secret that this process has loaded as `***`."""
    return _known.redact(text)


def redact_value(value: Any) -> Any:
    """Return JSON with every secret in its texts as `***`."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_value(item) for key, item in value.items()}
    return [redact_value(item) for item in value] if isinstance(value, list) else value
