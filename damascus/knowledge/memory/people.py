"""Colleagues that do not exist: models make them up, and a company that remembers them would write to them.

A claim that somebody works here names them with what they are here: "our analyst Priya", "designer-2", "Tom from
legal". Those that the CEO named may be remembered, and a person that the evidence names, as an outsider.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from damascus.core.errors import Invalid
from damascus.knowledge.memory.words import STOP_WORDS, words_in

_PERSON = r"[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,2}"
_TWO_NAMES = r"[A-ZÀ-Þ][\w'’-]+ [A-ZÀ-Þ][\w'’-]+"
_JOB = (
    r"(?:colleagues?|team ?mates?|co-?workers?|agents?|assistant|intern|manager|designer|developer|programmer|engineer|"
    r"analyst|accountant|bookkeeper|lawyer|counsel|director|lead|head|officer|researcher|recruiter|consultant|marketer|"
    r"writer|copywriter|tester|specialist|coordinator|supervisor|strategist|scientist|architect|"
    r"CTO|CFO|COO|CMO|CISO|VP|PM|QA)"
)
_PART = (
    r"(?:legal|finance|marketing|HR|accounting|IT|design|support|operations|compliance|security|sales|engineering|"
    r"product|research|data|procurement|growth|content)"
)
_ROLE_HERE = rf"(?i:our|the company['’]s|my|a?\s?fellow|the new|the other)\s+(?:[\w-]+\s+){{0,2}}?{_JOB}"
_FROM = rf"(?:from|in)\s+(?:our\s+|the\s+)?{_PART}(?:\s+(?:team|department))?\b"
_ACTS = (
    r"(?:said|says|told|agreed|decided|promised|approved|prefers|suggested|mentioned|confirmed|wants|insists|asked|"
    r"reviewed|handles|owns|leads|signs)"
)
_ASKED = (
    r"(?i:delegated? to|delegate .{0,40} to|hand(?:ed)? (?:it |this )?over to|reports? to|escalated? to|approved by|"
    r"signed off by|reviewed by|assigned to|ask|asked|talk to|check with)"
)
_COLLEAGUE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_ROLE_HERE},?\s+(?P<who>{_PERSON})",
        rf"(?P<who>{_PERSON})(?:,| is| was| as|, who is)\s+{_ROLE_HERE}\b",
        rf"(?P<who>{_TWO_NAMES}|(?<=[\w,] )[A-ZÀ-Þ][\w'’-]+)\s+{_FROM}",
        rf"(?P<who>{_PERSON})\s+\((?:our\s+|the\s+)?(?:[\w-]+\s+){{0,2}}?{_JOB}(?:\s+of\s+\w+)?\)",
        rf"\b(?i:agent|colleague|teammate|coworker)\s+(?P<who>{_PERSON})",
        rf"\b(?P<who>(?:{_JOB}|{_PART.lower()})-\d{{1,3}})\b",
        rf"\b[Tt]he\s+(?P<who>(?i:{_JOB}|{_PART}))\s+agent\b",
    )
)
_PERSON_ACTS = tuple(
    re.compile(pattern) for pattern in (rf"(?P<who>{_TWO_NAMES})\s+{_ACTS}\b", rf"\b{_ASKED}\s+(?P<who>{_TWO_NAMES})")
)


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Who works here: names of personas, and their roles."""

    names: Collection[str] = ()

    def words(self) -> set[str]:
        return {word for name in self.names for word in words_in(name)} | {"ceo"}


def check_people(content: str, colleagues: Colleagues, said_by_ceo: Iterable[str], evidence: Iterable[str]) -> None:
    """Raise Invalid if a memory is about somebody who works here only in its author's imagination."""
    known, by_ceo = colleagues.words(), list(said_by_ceo)
    named = [found["who"] for pattern in _COLLEAGUE for found in pattern.finditer(content)]
    acting = [found["who"] for pattern in _PERSON_ACTS for found in pattern.finditer(content)]
    for who, texts in [*((who, by_ceo) for who in named), *((who, [*by_ceo, *evidence]) for who in acting)]:
        words = [word for word in words_in(who) if not word.isdigit() and word not in STOP_WORDS]
        if not known.issuperset(words) and not any(who in text for text in texts):
            raise Invalid(
                f"{who!r} does not work here, nor did the CEO name them; a person outside needs the `evidence` that "
                f"names them. Who works here: {', '.join(sorted(colleagues.names))}"
            )
