"""The fonts of a PDF, and which of them has which character."""

import unicodedata
from importlib.resources import files
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

SANS, MONO, SIGNS = "DocumentSans", "DocumentMono", "DocumentSigns"
BOX = "□"
MAX_NAMED = 20
_FILES = {
    SANS: "LiberationSans-Regular.ttf",
    f"{SANS}-Bold": "LiberationSans-Bold.ttf",
    f"{SANS}-Italic": "LiberationSans-Italic.ttf",
    f"{SANS}-BoldItalic": "LiberationSans-BoldItalic.ttf",
    MONO: "LiberationMono-Regular.ttf",
    SIGNS: "DejaVuSans.ttf",
}
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Mn", "Me")  # controls, joiners, marks that no font here has


class Glyphs:
    """Brings text into the fonts: what the main one lacks is set in another, what both lack as a box."""

    def __init__(self) -> None:
        _register()
        self._has = {name: pdfmetrics.getFont(name).face.charToGlyph for name in (SANS, MONO, SIGNS)}
        self._missing: dict[str, None] = {}

    @property
    def missing(self) -> str:
        """The characters that no font had, each once."""
        return "".join(list(self._missing)[:MAX_NAMED])

    def markup(self, text: str, font: str = SANS) -> str:
        """Return text as the typesetter's markup, escaped, with its font where it is not the one around it."""
        parts: list[str] = []
        for name, run in self._runs(text, font):
            words = escape(run)
            parts.append(words if name == font else f'<font name="{name}">{words}</font>')
        return "".join(parts)

    def covered(self, text: str) -> str:
        """Return text without the characters that the main font lacks."""
        return " ".join("".join(run for name, run in self._runs(text, SANS) if name == SANS).split())

    def width(self, text: str, size: float) -> float:
        """Return how wide a text is in bold, about, in points."""
        return float(pdfmetrics.stringWidth(text, f"{SANS}-Bold", size))

    @staticmethod
    def attribute(value: str) -> str:
        """Return a value as it may stand between the quotes of the typesetter's markup."""
        return escape(value, {'"': "&quot;"})

    def _runs(self, text: str, font: str) -> list[tuple[str, str]]:
        runs: list[tuple[str, str]] = []
        for char in text:
            name, shown = self._find(char, font)
            if not shown:
                continue
            if runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1] + shown)
            else:
                runs.append((name, shown))
        return runs

    def _find(self, char: str, font: str) -> tuple[str, str]:
        code = ord(char)
        if char in " \u00a0":
            return font, char
        for name in (font, SIGNS):
            if code in self._has[name] and unicodedata.category(char) not in ("Cc", "Cf"):
                return name, char
        if unicodedata.category(char) in _UNSEEN:
            return font, ""
        self._missing[char] = None
        return SIGNS, BOX


def _register() -> None:
    if SANS in pdfmetrics.getRegisteredFontNames():
        return
    folder = files("damascus.documents") / "fonts"
    for name, file in _FILES.items():
        with (folder / file).open("rb") as font:
            pdfmetrics.registerFont(TTFont(name, font))
    pdfmetrics.registerFontFamily(SANS, SANS, f"{SANS}-Bold", f"{SANS}-Italic", f"{SANS}-BoldItalic")
    for single in (MONO, SIGNS):
        pdfmetrics.registerFontFamily(single, single, single, single, single)
