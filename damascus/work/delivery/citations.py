"""Citations in the text of a report: found, and shown with the mark of what they cite."""

import re
from collections.abc import Mapping

from damascus.core.records.sources import Mark

_MARKS = "|".join(re.escape(mark) for mark in Mark)
_ONE = rf"e\d{{1,15}}(?:, (?:{_MARKS}))?"
# not an index such as a[e1], and not the text of a link
_CITATION = re.compile(rf"(?<![\w\]])\[({_ONE}(?:\s*[,;]\s*{_ONE})*)\](?!\()")
_REF = re.compile(r"e\d{1,15}")


def cited_refs(body: str) -> list[str]:
    """Return the entries that a text cites, such as e17, each once, in the order of the text."""
    found = (ref for citation in _CITATION.finditer(body) for ref in _REF.findall(citation[1]))
    return list(dict.fromkeys(found))


def with_marks(body: str, marks: Mapping[str, str]) -> str:
    """Return the text with the mark beside each citation, as in `[e17, verified]`; old marks are replaced."""

    def marked(citation: re.Match[str]) -> str:
        refs = _REF.findall(citation[1])
        return " ".join(f"[{ref}, {marks[ref]}]" if marks.get(ref) else f"[{ref}]" for ref in refs)

    return _CITATION.sub(marked, body)
