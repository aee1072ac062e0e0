"""Bytes of a page to text: by what the host says, the byte order mark, the page's own word, and at last a guess."""

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

MAX_DECLARATION_BYTES = 4_096  # HTML wants it in the first 1,024; people put it later
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# https://encoding.spec.whatwg.org/#names-and-labels: what browsers take instead
_READ_AS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
            "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
            "tis-620": "cp874", "iso-8859-9": "cp1254"}  # fmt: skip


def decode(body: bytes, said: str) -> str:
    """Return `body` as text; `said` is the charset of its Content-Type, or empty."""
    for name in _candidates(body, said):
        try:
            return body.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    best = from_bytes(body[: 256 * 1024]).best()
    return body.decode(best.encoding if best else "utf-8", errors="replace")


def _candidates(body: bytes, said: str) -> Iterator[str]:
    yield from (name for mark, name in _MARKS if body.startswith(mark))
    declared = _DECLARED.search(body[:MAX_DECLARATION_BYTES])
    for name in (said, declared[1].decode("ascii") if declared else ""):
        plain = name.strip().strip("\"'").lower()
        if plain and not plain.startswith("utf-16"):  # a declaration that can be read as ASCII is none of UTF-16
            yield _READ_AS.get(plain, plain)
    yield "utf-8"
