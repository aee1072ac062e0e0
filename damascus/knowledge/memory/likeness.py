"""When two texts say the same, and when one only repeats another.

Both rules would rather keep a text twice than lose one: what differs in a number, a name or a word that turns the
sense round (NOT, BEFORE, MORE) is never the same, however alike the rest is.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from damascus.knowledge.memory.words import STOP_WORDS, words_in

MIN_SHARED = 3 / 4  # of the words of both
MIN_CONTAINED = 19 / 20  # of the words of the shorter one, which has MIN_LENGTH_SHARE of the other's
MIN_LENGTH_SHARE = 3 / 5
MIN_COSINE = 93 / 100
MIN_REPEATED = 3 / 5  # of a text's pairs of words, in what was shown
_DECIDING = """
    no not never none nobody nothing without neither nor cannot cant dont doesnt isnt arent wont didnt before after
    more less fewer above below over under first last always sometimes only except unless until with against
    increase decrease increased decreased raise lower raised lowered higher cheaper dearer better worse accept
    refuse accepts refuses won lost allow forbid allowed forbidden enable disable enabled disabled buy sell nicht
    kein keine nie ohne mehr weniger vor nach pas jamais sans plus moins avant apres
"""
DECIDING = frozenset(_DECIDING.split())
_SAYS_NOTHING = STOP_WORDS | {"note", "lesson", "learned", "learnt", "remember", "memory", "insight", "fact"}
_APOSTROPHES = re.compile("['’]")
_NAME = re.compile(r"(?<![.!?:\n] )(?<!^)\b[^\W\d_a-z][\w'’-]*", re.MULTILINE)
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "ly", "s", "e", "y")
_MIN_STEM_CHARS = 4


def stem(word: str) -> str:
    """Return a word without its ending, roughly: enough for singular and plural, present and past."""
    if _is_number(word):
        return word
    fitting = (end for end in _SUFFIXES if word.endswith(end) and len(word) - len(end) >= _MIN_STEM_CHARS)
    return word.removesuffix(next(fitting, ""))


def say_the_same(one: str, other: str, cosine: float | None = None) -> bool:
    """Return whether two memories say the same; `cosine` is how alike an embeddings model finds them."""
    one, other = (_APOSTROPHES.sub("", text) for text in (one, other))
    words = [words_in(text) for text in (one, other)]
    if _particulars(words[0]) != _particulars(words[1]):
        return False
    first, second = ({stem(word) for word in some if word not in _SAYS_NOTHING} for some in words)
    if _names(one) - second and _names(other) - first:
        return False
    if cosine is not None and cosine >= MIN_COSINE:
        return True
    shared, shorter, longer = len(first & second), min(len(first), len(second)), max(len(first), len(second))
    if not shorter:
        return words[0] == words[1]
    is_contained = shared >= MIN_CONTAINED * shorter and shorter >= MIN_LENGTH_SHARE * longer
    return is_contained or shared >= MIN_SHARED * len(first | second)


def repeats(text: str, shown: Iterable[str]) -> bool:
    """Return whether most of `text` stands, in its order, in texts that its author was shown."""
    pairs = _pairs(text)
    if not pairs:
        return False
    known = {pair for other in shown for pair in _pairs(other)}
    return len(pairs & known) >= MIN_REPEATED * len(pairs)


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise(stem(word) for word in words_in(text) if word not in STOP_WORDS))


def _particulars(words: Iterable[str]) -> set[str]:
    """Return the numbers, and the words that turn the sense of the others."""
    return {word for word in words if word in DECIDING or _is_number(word)}


def _is_number(word: str) -> bool:
    return any(map(str.isdigit, word))


def _names(text: str) -> set[str]:
    """Return the words that are written like names within a sentence, as `say_the_same` compares words."""
    return {stem(word) for found in _NAME.findall(text) for word in words_in(found) if word not in _SAYS_NOTHING}
