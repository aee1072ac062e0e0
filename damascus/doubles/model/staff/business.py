"""Makes up a small business from the directive's own words.

The same directive gives the same business everywhere; a hash only picks among options that fit equally well.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from damascus.core.text import slug

_HERE = Path(__file__).parent
_WORD = re.compile(r"[a-z][a-z'-]+")
_AUDIENCE = re.compile(r"\bfor\s+(?:(?:the|my|our|your|some|all)\s+)?((?:[a-z][a-z-]+\s+){0,2}?[a-z][a-z-]{3,}s)\b")
_MONEY = re.compile(r"(\d[\d.,]*)\s*(?:-|–|to|and)\s*\$?\s*(\d[\d.,]*)")
_VAGUE = {"users", "customers", "dollars", "months", "weeks", "years", "hours", "days", "others", "ideas", "this"}
_ANYBODY = {"people", "owners", "teams", "companies", "businesses", "shops", "makers", "workers", "persons"}
_ENDS = {"that", "who", "which", "with", "and", "or", "to", "in", "on", "at", "of", "by", "as", "is", "the"}


@dataclass(frozen=True)
class InventedBusiness:
    """What the staff works on; `line` is the data of one line of business (lines/*.yaml), its blanks filled in."""

    product: str
    audience: str
    low: int
    high: int
    line: Mapping[str, Any]

    @property
    def slug(self) -> str:
        return slug(self.product)

    @property
    def price_tier(self) -> Mapping[str, Any]:
        """The price tier that most customers take."""
        middle: Mapping[str, Any] = self.line["tiers"][1]
        return middle

    def facts(self) -> dict[str, Any]:
        """Return everything that texts may mention, by name."""
        rival, price = self.line["competitors"][0], self.price_tier["price"]
        return {
            **self.line,
            "product": self.product,
            "slug": self.slug,
            "audience": self.audience,
            "low": self.low,
            "high": self.high,
            "price": price,
            "top_price": self.line["tiers"][2]["price"],
            "low_customers": math.ceil(self.low / price),
            "high_customers": math.ceil(self.high / price),
            "competitor": rival["name"],
            "competitor_price": rival["price"],
            "competitor_gap": rival["gap"],
            "first_feature": self.line["features"][0],
            "persona": self.line["personas"][0]["name"].split(",")[0],
            "place": self.line["places"][0],
        }


@lru_cache(maxsize=256)
def invent_business(directive: str) -> InventedBusiness:
    """Return the business that `directive` leads to."""
    text = " ".join(directive.lower().split())
    words = _WORD.findall(text)
    line = _line(words, text)
    audience = _audience(text) or line["audience"]
    topic = _topic(text) or next((word for word in words if _stem(word) in _stems(line)), line["topic"])
    suffixes = line["suffixes"]
    product = f"{_singular(topic).title()} {suffixes[_number(text) % len(suffixes)]}"
    low, high = _money(text)
    filled = fill(line, {"product": product, "audience": audience})
    return InventedBusiness(product, audience, low, high, filled)


def fill(value: Any, facts: Mapping[str, Any]) -> Any:
    """Return `value` with `{name}` replaced by the fact of that name, at every depth."""
    if isinstance(value, dict):
        return {key: fill(item, facts) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, facts) for item in value]
    return value.format_map(facts) if isinstance(value, str) and "{" in value else value


@lru_cache(maxsize=32)
def load(name: str) -> Any:
    """Return the data in the file `name` beside this module."""
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _lines() -> tuple[Mapping[str, Any], ...]:
    return tuple(load(f"lines/{path.name}") for path in sorted((_HERE / "lines").glob("*.yaml")))


def _line(words: list[str], text: str) -> Mapping[str, Any]:
    """Return the line of business with the most keywords in the directive."""
    scores = [sum(_stem(word) in _stems(line) for word in words) for line in _lines()]
    best = [line for line, score in zip(_lines(), scores, strict=True) if score == max(scores)]
    return best[_number(text) % len(best)]


def _audience(text: str) -> str:
    for found in _AUDIENCE.finditer(text):
        words = found.group(1).split()
        if not _ENDS.intersection(words) and words[-1] not in _VAGUE:
            return " ".join(words)
    return ""


def _topic(text: str) -> str:
    """Return the audience's own word, or '' if it says no more than "people"."""
    last = _audience(text).rpartition(" ")[2]
    return "" if last in _ANYBODY else last


def _money(text: str) -> tuple[int, int]:
    """Return the revenue a month in USD: 300 to 600, as in the startup playbook, if the directive names none."""
    for found in _MONEY.finditer(text):
        low, high = (int(float(part.replace(",", "").rstrip(".") or 0)) for part in found.groups())
        if 10 <= low < high <= 1_000_000:
            return low, high
    return 300, 600


def _stems(line: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_stem(word) for word in line["keywords"])


def _stem(word: str) -> str:
    return _singular(word).removesuffix("ing").rstrip("e")


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "big")
