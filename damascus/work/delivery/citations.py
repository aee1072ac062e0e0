"""Citations in the text of a report: found, and shown with the mark of what they cite.

A citation is an entry between brackets, alone or among others or words: [e17], [e17, e18], [e17: the guild], 【e17】.
"""

import re
from collections.abc import Mapping

from damascus.core.records.sources import Mark

CORRECTED = "corrected by "
_MARKS = "|".join([*(re.escape(mark) for mark in Mark), rf"{CORRECTED}e\d{{1,15}}"])
_BRACKETS = re.compile(r"(?<!\w)[\[【]([^\[\]【】\n]{1,300})[\]】]")  # after a word it is an index, such as a[e1]
_LINK = r"(?:\(#e\d{1,15}\))?"
_ENTRY = re.compile(rf"(?<![\w./-])(?:[eE](\d{{1,15}}))(?![\w/]|\.\d)(?:, (?:{_MARKS}))?")
_ONLY_ENTRIES = re.compile(rf"\s*(?:{_ENTRY.pattern}\s*(?:[,;]\s*|$))+")


def cited_refs(body: str) -> list[str]:
    """Return the entries that a text cites, such as e17, each once, in the order of the text."""
    found = (f"e{int(entry[1])}" for brackets in _BRACKETS.finditer(body) for entry in _ENTRY.finditer(brackets[1]))
    return list(dict.fromkeys(found))


def with_marks(body: str, marks: Mapping[str, str]) -> str:
    """Return the text with the mark beside each citation, as in `[e17, verified]`; old marks are replaced.

    The text of a link stays as it is.
    """

    def marked(entry: re.Match[str]) -> str:
        ref = f"e{int(entry[1])}"
        return f"{ref}, {marks[ref]}" if marks.get(ref) else ref

    def in_brackets(brackets: re.Match[str]) -> str:
        words = brackets[1]
        if body[brackets.end() : brackets.end() + 1] == "(" or not _ENTRY.search(words):
            return brackets[0]
        if _ONLY_ENTRIES.fullmatch(words):
            return " ".join(f"[{marked(entry)}]" for entry in _ENTRY.finditer(words))
        return f"[{_ENTRY.sub(marked, words)}]"

    return _BRACKETS.sub(in_brackets, body)


def flagged(text: str, corrected: Mapping[str, str]) -> str:
    """Return the text with a flag beside each citation of an entry that another one corrects."""

    def flag(entry: re.Match[str]) -> str:
        ref = f"e{int(entry[1])}"
        return f"{ref}, {CORRECTED}{corrected[ref]}" if ref in corrected else entry[0]

    return _BRACKETS.sub(lambda brackets: _ENTRY.sub(flag, brackets[0]), text)


def linked(text: str) -> str:
    """Return the text with each citation as a link to its entry in the list of sources; links stay as they are."""

    def link(brackets: re.Match[str]) -> str:
        entry = _ENTRY.search(brackets[1])
        if entry is None or text[brackets.end() : brackets.end() + 1] in ("(", ":"):
            return brackets[0]
        return f"[{brackets[1]}](#e{int(entry[1])})"

    return _BRACKETS.sub(link, text)


def uncited(text: str) -> str:
    """Return the program's own text with citations that it quotes in parentheses: there they are nobody's claim."""

    def quoted(brackets: re.Match[str]) -> str:
        return f"({brackets[1]})" if _ENTRY.search(brackets[1]) else brackets[0]

    return re.sub(_BRACKETS.pattern + _LINK, quoted, text)
