"""Looks a passage up in the text of a page: as it is, then without what copying changes.

What copying changes: the form of Unicode, kinds of quotation marks and dashes, soft hyphens, hyphenation at the end of
a line, emphasis of Markdown, and white space. Words, their order, case and numbers must be the page's own.
"""

import re
import unicodedata
from difflib import SequenceMatcher

MIN_PASSAGE_CHARS = 15  # less is found on every page
MAX_PASSAGE_CHARS = 1_000
MAX_NEAREST_CHARS = 300
MAX_COMPARED = 5
_LOOKS_LIKE = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff*_#|>", ""),
        "…": "...",
    }
)
_HYPHENATED = re.compile(r"(?<=\w)-[ \t]*\n[ \t]*(?=[a-zß-ÿ])")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_WORD = re.compile(r"\w+")


def contains(text: str, passage: str) -> bool:
    """Return whether `text` says `passage` word for word."""
    return passage in text or normalised(passage) in normalised(text)


def normalised(text: str) -> str:
    """Return `text` without what copying changes."""
    plain = unicodedata.normalize("NFKC", text).translate(_LOOKS_LIKE)
    return " ".join(_HYPHENATED.sub("", plain).split())


def nearest(text: str, passage: str) -> str:
    """Return the sentence of `text` that is most like `passage`, at most MAX_NEAREST_CHARS characters; or nothing."""
    wanted = set(_WORD.findall(passage.lower()))
    sentences = {" ".join(part.split()) for part in _SENTENCE.split(text)} - {""}
    shared = {one: len(wanted & set(_WORD.findall(one.lower()))) for one in sentences}
    best = sorted(sentences, key=lambda one: (-shared[one], len(one), one))[:MAX_COMPARED]
    found = max(best, key=lambda one: SequenceMatcher(None, passage, one, autojunk=False).ratio(), default="")
    return found[:MAX_NEAREST_CHARS] if shared.get(found) else ""
