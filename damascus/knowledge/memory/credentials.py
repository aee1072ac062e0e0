"""Texts that look like a secret, no matter whose: the redactor knows only those of this company."""

import re

from damascus.core.errors import Invalid
from damascus.core.redaction import redact

_LOOKS_SECRET = re.compile(
    r"""
    -----BEGIN[ A-Z]*PRIVATE[ ]KEY
    | \b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
    | \bA(?:KIA|SIA)[A-Z0-9]{16}\b | \bAIza[\w-]{30,} | \bxox[abprs]-[\w-]{10,} | \bhf_[A-Za-z0-9]{20,}
    | \beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}
    | \b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@
    | \b(?:password|passwd|passphrase|passwort|secret|token|api[ _-]?key|access[ _-]?key|pin)\b
      (?:\s+(?:of|for|to|from|der|des|von)(?:\s\w+){1,4}?)?\s*(?:\s(?:is|ist|lautet)\s|[:=]|\s)\s*
      ["'`]?(?=[^\s"'`]*\d)(?=[^\s"'`]*[^\W\d])[^\s"'`]{6,}
    """,
    re.IGNORECASE | re.VERBOSE,
)


def without_secrets(text: str) -> str:
    """Return `text` with the secrets of this company as `***`. Raises Invalid if another seems to stand in it."""
    redacted = redact(text)
    if _LOOKS_SECRET.search(redacted):
        raise Invalid("this seems to contain a password, key or token, which is never kept; say it without")
    return redacted
