"""Looks a passage up in the text of a page: as it is, then without what copying changes.

What copying changes: the form of Unicode, kinds of quotation marks and dashes, soft hyphens, hyphenation at the end of
a line, signs of Markdown, and white space. Words, their order, case and numbers must be the page's own, and whole:
"profitable" is not what a page says that says "unprofitable", nor "5 percent" one that says "19.5 percent".
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
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff|\\", ""),
        "…": "...",
    }
)
_HYPHENATED = re.compile(r"(?<=\w)-[ \t]*\n[ \t]*(?=[a-zß-ÿ])")
_EMPHASIS = re.compile(r"(?<!\w)[*_]+(?=\S)|(?<=\S)[*_]+(?!\w)")  # not 5*3, not a_name, not a star by itself
_LINE_SIGNS = re.compile(r"^[\s>#]+", re.MULTILINE)
_NUMBER_SIGNS = (".", ",", "'")  # between digits
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_WORD = re.compile(r"\w+")


def contains(text: str, passage: str) -> bool:
    """Return whether `text` says `passage` word for word, from the beginning of a word to the end of one."""
    plain = normalised(passage)
    return len(plain) >= MIN_PASSAGE_CHARS and (
        _stands_in(text, passage.strip()) or _stands_in(normalised(text), plain)
    )


def quoted_from(text: str, quote: str) -> bool:
    """Return whether a quote is from a text: as a passage, or, if it is too short for one, as a whole line."""
    plain = normalised(quote)
    return contains(text, quote) or (bool(plain) and any(normalised(line) == plain for line in text.splitlines()))


def normalised(text: str) -> str:
    """Return `text` without what copying changes."""
    plain = unicodedata.normalize("NFKC", text).translate(_LOOKS_LIKE)
    return " ".join(_LINE_SIGNS.sub(" ", _EMPHASIS.sub("", _HYPHENATED.sub("", plain))).split())


def _stands_in(text: str, passage: str) -> bool:
    at = text.find(passage)
    while at >= 0:
        end = at + len(passage)
        before, after = (part.translate(_LOOKS_LIKE) for part in (text[max(at - 2, 0) : at], text[end : end + 2]))
        if not _is_cut(before, passage[0], passage[-1], after):
            return True
        at = text.find(passage, at + 1)
    return False


def _is_cut(before: str, first: str, last: str, after: str) -> bool:
    """Return whether a passage begins or ends within a word or a number of the text around it."""
    if _one_word(before[-1:], first) or _one_word(last, after[:1]):
        return True
    sign, further = before[-1:], before[:-1]
    begins_inside = first.isdigit() and (
        (sign in _NUMBER_SIGNS and further.isdigit()) if sign != "-" else not further.isalpha()
    )
    return begins_inside or (last.isdigit() and after[:1] in _NUMBER_SIGNS and after[1:].isdigit())


def _one_word(left: str, right: str) -> bool:
    """Return whether two neighbours are of one word; scripts without blanks between words do not say."""
    return left.isalnum() and right.isalnum() and "Lo" not in map(unicodedata.category, (left, right))


def nearest(text: str, passage: str) -> str:
    """Return the sentence of `text` that is most like `passage`, at most MAX_NEAREST_CHARS characters; or nothing."""
    wanted = set(_WORD.findall(passage.lower()))
    sentences = {" ".join(part.split()) for part in _SENTENCE.split(text)} - {""}
    shared = {one: len(wanted & set(_WORD.findall(one.lower()))) for one in sentences}
    best = sorted(sentences, key=lambda one: (-shared[one], len(one), one))[:MAX_COMPARED]
    found = max(best, key=lambda one: SequenceMatcher(None, passage, one, autojunk=False).ratio(), default="")
    return found[:MAX_NEAREST_CHARS] if shared.get(found) else ""
