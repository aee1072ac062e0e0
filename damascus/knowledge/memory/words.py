"""The words of a text in the one form that search and comparison use.

Marks on letters are taken off here and not by the database, and a character of a script without blanks is a word of its
own: so both databases find the same, and find it in Chinese and Japanese, too.
"""

import re
import unicodedata
from collections.abc import Iterable

MAX_QUERY_WORDS = 48
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_BLANKS = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f])")
_STOP_WORDS = """
    a about after all also am an and any are as at be been before being but by can could did do does doing for from
    had has have having he her him his how i if in into is it its just may me might more most must my no nor not of
    off on once only or other our out over own same she should so some such than that the their them then there
    these they this those through to too under until up very was we were what when where which while who whom why
    will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def words_in(text: str) -> list[str]:
    """Return the words of a text, in order: lower case, without marks on letters."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORD.findall(_WITHOUT_BLANKS.sub(r" \1 ", unicodedata.normalize("NFC", plain)))


def searched(content: str, tags: Iterable[str]) -> str:
    """Return what full text search reads of a memory."""
    return " ".join(words_in(" ".join([content, *tags])))


def asked(query: str) -> list[str]:
    """Return the words that a query looks for, each once, at most MAX_QUERY_WORDS."""
    words = list(dict.fromkeys(words_in(query)))
    telling = [word for word in words if word not in STOP_WORDS]
    return (telling or words)[:MAX_QUERY_WORDS]
