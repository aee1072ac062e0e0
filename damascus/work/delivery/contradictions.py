"""Numbers that a report states otherwise than what it cites for them.

A false alarm costs its reader more than a miss. So a sentence is compared only where it cites one place, where it and
what it cites each have one number of a unit (a currency, percent, or the same noun; for the same period), and share
words besides. Figures that round to each other agree, and who speaks of a difference on purpose is left alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from damascus.core.text import one_line
from damascus.work.delivery.citations import cited_refs

MIN_SHARED_WORDS = 2  # with an entry that the sentence itself cites
MIN_SHARED_WITH_REPORT_WORDS = 3  # with a sentence of a whole report that it links to
MAX_SHOWN_CHARS = 200
APPROXIMATE_PERCENT = 10
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(*“\"])|\n+")
_CITATION = re.compile(r"[\[【][^\[\]【】\n]{1,300}[\]】](?:\([^()\s]{1,300}\))?")
_LINK = re.compile(r"(?<!!)\[[^\[\]\n]{1,300}\]\((?:\./)?([A-Za-z0-9][A-Za-z0-9_-]{0,79})\.md(?:#[^()\s]*)?\)")
_NUMBER = re.compile(
    r"(?P<about>(?:about|around|roughly|some|approximately|almost|nearly|over|under|up to|at least|at most|more than|"
    r"less than|ca\.|~|≈|[<>])\s*)?"
    r"(?P<currency>US\$|[$€£]|USD |EUR |GBP )?\s?"
    r"(?<![\w.,:/-])(?P<digits>\d{1,3}(?:[,'’ ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w.,:/-]*\d)"
    r"(?:\s?(?P<scale>(?:k|thousand|m|million|bn|billion)\b))?"
    r"(?:\s?(?P<unit>%|(?:percent|per cent|US dollars|dollars|euros|pounds|USD|EUR|GBP)\b|€|£|[A-Za-z]{3,}))?"
    r"(?P<period>(?:\s?/\s?|\s(?:a|an|per|each)\s|\s)(?:hour|day|week|month|year|user|customer|seat|monthly|yearly)\b)?",
    re.IGNORECASE,
)
_UNITS = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollars": "USD", "us dollars": "USD", "€": "EUR", "eur": "EUR",
    "euros": "EUR", "£": "GBP", "gbp": "GBP", "pounds": "GBP", "%": "%", "percent": "%", "per cent": "%",
}  # fmt: skip
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_PERIODS = {"monthly": "month", "yearly": "year"}
_ON_PURPOSE = re.compile(
    r"\b(?:not|n't|instead|rather|unlike|differs?|different|contrary|contradicts?|corrects?|corrected|while|whereas|"
    r"but|however|although|than|versus|vs|compared|from .{1,40} to|between|higher|lower|rises?|rose|falls?|fell|grows?|"
    r"grew|twice|half|double[sd]?|triple[sd]?|times|if|would|could|should|target|goal|aim|assum\w+|hopeful|cautious|"
    r"scenario|previously|formerly|earlier|now|until|after|before|since|minus|plus|sum|total|average|each|share|"
    r"of which)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\d\s?(?:-|–|—|to|and|or)\s?[$€£]?\d", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-zÀ-ÿ]{4,}")
_NO_NOUN = frozenset({
    "and", "the", "for", "with", "per", "out", "are", "was", "were", "that", "this", "from", "more", "less", "other",
    "new", "big", "small", "most", "least", "day", "days", "week", "weeks", "month", "months", "year", "years", "hour",
    "hours", "minutes", "seconds", "times", "who", "which", "have", "has", "paying", "them", "their",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what it counts; it is good to half of `step`, the place of its last digit that says something."""

    value: float
    unit: str
    step: float
    shown: str

    def agrees(self, other: "Quantity") -> bool:
        """Return whether one of two figures may be the other, rounded."""
        return abs(self.value - other.value) <= max(self.step, other.step) / 2 + 1e-9


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A number of a report that is another in what it cites: `cited` is an entry such as e17, or a report's name."""

    sentence: str
    stated: str
    cited: str
    says: str

    def __str__(self) -> str:
        return f"“{one_line(self.sentence, MAX_SHOWN_CHARS)}” states {self.stated}, {self.cited} says {self.says}"


def linked_reports(text: str) -> list[str]:
    """Return the names of the mission's reports that a text links to, each once."""
    return list(dict.fromkeys(_LINK.findall(text)))


def contradictions(
    body: str, entries: Mapping[str, str], reports: Mapping[str, str] | None = None
) -> list[Contradiction]:
    """Return the numbers of a report's text that differ from those in what it cites for them.

    `entries` are the texts of trail entries by reference, `reports` those of the mission's other reports by name.
    """
    found = list[Contradiction]()
    for sentence in _sentences(body):
        refs, names = cited_refs(sentence), linked_reports(sentence)
        if len(refs) + len(names) != 1 or _ON_PURPOSE.search(_CITATION.sub("", sentence)):
            continue
        if refs and refs[0] in entries:
            said: Iterable[str] = (entries[refs[0]],)
            found += _differing(sentence, refs[0], said, MIN_SHARED_WORDS)
        elif names and reports and names[0] in reports:
            found += _differing(sentence, names[0], _sentences(reports[names[0]]), MIN_SHARED_WITH_REPORT_WORDS)
    return list(dict.fromkeys(found))


def _differing(sentence: str, cited: str, said: Iterable[str], least: int) -> Iterator[Contradiction]:
    """Yield the numbers of a sentence that the one passage about the same states otherwise."""
    own, words = _quantities(sentence), _words(sentence)
    passages = [text for text in said if len(words & _words(text)) >= least and not _ON_PURPOSE.search(text)]
    for unit, mine in own.items():
        theirs = [quantity for text in passages if (quantity := _quantities(text).get(unit)) is not None]
        if len(theirs) == 1 and not mine.agrees(theirs[0]):
            yield Contradiction(" ".join(_CITATION.sub("", sentence).split()), mine.shown, cited, theirs[0].shown)


def _sentences(body: str) -> list[str]:
    return [part for part in _SENTENCE.split(body) if part.strip() and not part.lstrip().startswith(("|", "#", ">"))]


def _words(text: str) -> set[str]:
    return {word.lower()[:6] for word in _WORD.findall(_CITATION.sub("", text))}


def _quantities(text: str) -> dict[str, Quantity]:
    """Return the numbers of a text by unit, without units that it has several numbers of; none if it has ranges."""
    plain = _CITATION.sub("", text)
    if _RANGE.search(plain):
        return {}
    found: dict[str, list[Quantity]] = {}
    for match in _NUMBER.finditer(plain):
        unit = _unit(match)
        if unit:
            found.setdefault(unit, []).append(_quantity(match, unit))
    return {unit: each[0] for unit, each in found.items() if len(each) == 1}


def _unit(match: re.Match[str]) -> str:
    """Return what a number counts, with the period that it is for; nothing if that is not said."""
    named = (match["currency"] or match["unit"] or "").strip().lower()
    noun = named if named not in _NO_NOUN and named.isalpha() else ""
    unit = _UNITS.get(named) or (noun.removesuffix("s") if noun else "")
    period = re.sub(r"[^a-z]|^\s?(?:an?|per|each)\s", "", (match["period"] or "").lower().strip())
    period = re.sub(r"^(?:an?|per|each)(?=hour|day|week|month|year|user|customer|seat)", "", period)
    return f"{unit} {_PERIODS.get(period, period)}".strip() if unit else ""


def _quantity(match: re.Match[str], unit: str) -> Quantity:
    digits = re.sub(r"[,'’ ]", "", match["digits"])
    scale = _SCALES.get((match["scale"] or "").lower(), 1.0)
    value = float(digits) * scale
    whole, _, decimals = digits.partition(".")
    step = 10.0 ** -len(decimals) if decimals else 10.0 ** (len(whole) - len(whole.rstrip("0") or whole))
    step *= scale
    if match["about"]:
        step = max(step, 2 * APPROXIMATE_PERCENT * value / 100)
    shown = " ".join(match[0].split()) if unit else digits
    return Quantity(value, unit, step, shown)
