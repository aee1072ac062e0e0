"""How long a report is: what its author is told, and what a limit in its task's acceptance counts.

A word is what stands between blanks and holds a letter or a digit; the title, the citations and their marks are none.
"""

import re
from dataclasses import dataclass

_TITLE = re.compile(r"\A\s*# [^\n]*(?:\n|\Z)")
_CITATION = re.compile(r"(?<!\w)\[[eE]\d{1,15}(?:, [^\[\]\n]{1,100})?\](?:\(#e\d{1,15}\))?")


@dataclass(frozen=True, slots=True)
class ReportLength:
    """The words and the characters of a report's text."""

    words: int
    characters: int

    def __str__(self) -> str:
        return f"{self.words:,} words, {self.characters:,} characters"


def length_of(body: str) -> ReportLength:
    """Return the length of a report's text, the same before and after the program has put its marks into it."""
    text = _CITATION.sub("", _TITLE.sub("", body)).strip()
    words = sum(any(char.isalnum() for char in word) for word in text.split())
    return ReportLength(words, len(text))
