"""Charts that the program draws from a table of a report; no number in them is a model's that is not in the table.

A table is drawn if its first column counts months, or other periods, and others hold numbers. Not promised: that the
numbers are right. Where a number can be read in two ways (`1.200`) its column is not drawn.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

MIN_POINTS = 3
MAX_POINTS = 120
MAX_SERIES = 6
MAX_CHARTS = 3  # of one table
MAX_BARS = 12
MAX_AXIS_LABELS = 12
MAX_TIMES_APART = 20  # columns whose numbers are further apart get charts of their own
MIN_READ_PERCENT = 80
MAX_LABEL_CHARS = 16
MAX_NAME_CHARS = 32
WIDTH, HEIGHT = 720, 260
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # told apart by colour-blind people, too
INK, FAINT = "#444444", "#dddddd"
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 34, 28

_PERIOD_HEAD = re.compile(r"\b(months?|quarters?|weeks?|years?|monat|mois|mes|mese)\b", re.IGNORECASE)
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_PERIOD = re.compile(
    rf"(?:(?:{_NAMES})[a-z]*\.?(?:\s+'?\d{{2,4}})?|\d{{4}}-\d{{1,2}}|\d{{1,2}}/\d{{4}}"
    r"|(?:months?|m|weeks?|w|quarters?|q|years?|y)\s*\d{1,3}(?:\s+\d{4})?)",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\d{1,4}")
_NUMBER = re.compile(r"(?P<sign>[-−+]?)(?P<digits>\d[\d.,\u00a0\u202f ]*)(?P<scale>[kKmM]?)")
_MONEY = re.compile(r"[$€£]|\b(?:USD|EUR|GBP|CHF)\b")
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Series:
    """One column: a value for each period, None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn of a table: columns of one unit, which is a currency's sign or code, `%` or empty."""

    period: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str

    @property
    def title(self) -> str:
        unit = f" ({self.unit})" if self.unit else ""
        return f"{', '.join(one.name for one in self.series)}{unit} by {self.period.lower() or 'period'}"

    @property
    def is_bars(self) -> bool:
        return len(self.series) == 1 and len(self.labels) <= MAX_BARS


@dataclass(frozen=True, slots=True)
class DrawnLine:
    points: tuple[tuple[float, float], ...]
    colour: str
    width: float


@dataclass(frozen=True, slots=True)
class DrawnBox:
    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class DrawnLabel:
    """`anchor`: the part of the text that is at x: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str


Shape = DrawnLine | DrawnBox | DrawnLabel


def charts_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Chart]:
    """Return the charts of a table, none if it does not count periods; its cells are plain text."""
    if len(head) < 2:
        return []
    counts = bool(_PERIOD_HEAD.search(head[0]))
    kept = [row for row in rows if len(row) == len(head) and _is_period(row[0].strip(), counts)]
    if not MIN_POINTS <= len(kept) <= MAX_POINTS:
        return []
    period = head[0].strip() if counts else "period"
    labels = tuple(_cut(row[0].strip(), MAX_LABEL_CHARS) for row in kept)
    groups: list[tuple[str, list[Series]]] = []
    for column in range(1, len(head)):
        cells = [row[column].strip() for row in kept]
        values = [number(cell) for cell in cells]
        known = [value for value in values if value is not None]
        if len(known) < MIN_POINTS or len(known) * 100 < MIN_READ_PERCENT * len(values):
            continue
        series = Series(_cut(_MONEY.sub("", head[column]).strip(" ()") or f"column {column}", MAX_NAME_CHARS),
                        tuple(values))  # fmt: skip
        _add(groups, _unit(head[column], cells), series)
    return [Chart(period, labels, tuple(found[:MAX_SERIES]), unit) for unit, found in groups[:MAX_CHARTS]]


def number(cell: str) -> float | None:
    """Return the one number in a cell; None if there is none, or several, or if it can be read in two ways."""
    text = _MONEY.sub("", cell.replace("*", "")).strip()
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()").strip().removesuffix("%").removeprefix("~").strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = re.sub(r"[\u00a0\u202f ]", "", found["digits"])
    plain = _plain(digits)
    if plain is None:
        return None
    value = float(plain) * {"k": 1e3, "m": 1e6}.get(found["scale"].lower(), 1)
    return -value if negative or (found["sign"] in ("-", "−") and found["sign"]) else value


def draw(chart: Chart) -> list[Shape]:
    """Return the shapes of a chart in an area of WIDTH by HEIGHT whose y grows downwards."""
    values = [value for one in chart.series for value in one.values if value is not None]
    low, high, step = _scale(min(*values, 0), max(*values, 0))
    inner_width, inner_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def y_of(value: float) -> float:
        return round(_TOP + inner_height * (1 - (value - low) / (high - low)), 2)

    slot = inner_width / len(chart.labels)
    xs = [round(_LEFT + slot * (n + 0.5), 2) for n in range(len(chart.labels))]
    shapes: list[Shape] = []
    for n in range(round((high - low) / step) + 1):
        value = low + n * step
        colour = INK if abs(value) < step / 1e6 else FAINT
        shapes.append(DrawnLine(((_LEFT, y_of(value)), (WIDTH - _RIGHT, y_of(value))), colour, 1))
        shapes.append(DrawnLabel(_LEFT - 8, y_of(value) + 4, _amount(value, chart.unit), "end"))
    every = ceil(len(xs) / MAX_AXIS_LABELS)
    shapes += [
        DrawnLabel(x, HEIGHT - 8, label, "middle") for x, label in list(zip(xs, chart.labels, strict=True))[::every]
    ]
    for colour, one in zip(COLOURS, chart.series, strict=False):
        points = [(x, value) for x, value in zip(xs, one.values, strict=True) if value is not None]
        if chart.is_bars:
            shapes += [_bar(x, slot, y_of(value), y_of(0), colour) for x, value in points]
        else:
            shapes.append(DrawnLine(tuple((x, y_of(value)) for x, value in points), colour, 2.5))
    return [*shapes, *_legend(chart)]


def _legend(chart: Chart) -> list[Shape]:
    shapes: list[Shape] = []
    x = float(_LEFT)
    for colour, one in zip(COLOURS, chart.series, strict=False):
        shapes += [DrawnBox(x, 9, 11, 11, colour), DrawnLabel(x + 16, 19, one.name, "start")]
        x += 16 + 6.2 * len(one.name) + 18
    return shapes


def _bar(x: float, slot: float, y: float, zero: float, colour: str) -> DrawnBox:
    width = min(slot * 0.62, 44)
    return DrawnBox(round(x - width / 2, 2), min(y, zero), round(width, 2), round(abs(zero - y), 2), colour)


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Return round numbers around both, and the step of the lines between."""
    span = (high - low) or 1.0
    rough = span / 4
    base = 10.0 ** floor(log10(rough))
    step = next(base * times for times in (1, 2, 2.5, 5, 10) if base * times >= rough)
    return floor(low / step) * step, ceil(high / step) * step or step, step


def _amount(value: float, unit: str) -> str:
    size = abs(value)
    scale, suffix = (1e6, "M") if size >= 1e6 else (1e3, "k") if size >= 1e4 else (1, "")
    text = f"{value / scale:,.2f}".rstrip("0").rstrip(".") + suffix
    text = "0" if text == "-0" else text
    if unit == "%":
        return f"{text}%"
    sign = "-" if text.startswith("-") and len(unit) == 1 else ""
    return f"{sign}{unit}{text.removeprefix(sign)}" if len(unit) == 1 else text


def _add(groups: list[tuple[str, list[Series]]], unit: str, series: Series) -> None:
    top = _top(series)
    for known, found in groups:
        tops = [_top(one) for one in found]
        if known == unit and max(top, *tops) <= MAX_TIMES_APART * max(min(top, *tops), 1e-9):
            found.append(series)
            return
    groups.append((unit, [series]))


def _top(series: Series) -> float:
    return max(abs(value) for value in series.values if value is not None)


def _unit(head: str, cells: Sequence[str]) -> str:
    for text in (head, *cells):
        if money := _MONEY.search(text):
            return _SIGNS.get(money[0], money[0])
    return "%" if "%" in head or sum("%" in cell for cell in cells) > len(cells) / 2 else ""


def _plain(digits: str) -> str | None:
    """Return digits as Python reads them, None if a point or comma may be either of two things."""
    if "," in digits and "." in digits:
        last = max(digits.rfind(","), digits.rfind("."))
        other = "." if digits[last] == "," else ","
        whole, part = digits[:last].replace(other, ""), digits[last + 1 :]
        return f"{whole}.{part}" if whole.isdigit() and part.isdigit() else None
    if "," in digits:
        if re.fullmatch(r"\d{1,3}(,\d{3})+", digits):
            return digits.replace(",", "")
        return digits.replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", digits) else None
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", digits) and not digits.startswith("0."):
        return None
    return digits if re.fullmatch(r"\d+(\.\d+)?", digits) else None


def _is_period(text: str, counts: bool) -> bool:
    bare = text.strip("* ")
    return bool(_PERIOD.fullmatch(bare)) or (counts and bool(_COUNT.fullmatch(bare)))


def _cut(text: str, max_chars: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= max_chars else f"{line[: max_chars - 1]}…"
