"""`page_in_words.py DOM LOG`: what stands on a page, and what its scripts said, from what Chromium left.

It runs in the workshop, on what a stranger's page may have made; it imports the standard library only, and its output
is bounded.
"""

import re
import sys
from html.parser import HTMLParser

MAX_TEXT_CHARS, MAX_LINES, MAX_LINE_CHARS = 2_000, 10, 300
MAX_READ_CHARS = 4_000_000
UNSEEN = frozenset({"head", "noscript", "script", "style", "svg", "template"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
CONSOLE = re.compile(r":CONSOLE[:(]\d+\)?\] (.*)")


class PageInWords(HTMLParser):
    """The title, and the text that is not of an unseen element."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.text: list[str] = []
        self._open: list[tuple[str, bool]] = []  # of what is open: its name, and whether it or what it is in is unseen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        unseen = tag in UNSEEN or "hidden" in dict(attrs) or bool(self._open and self._open[-1][1])
        self._open.append((tag, unseen))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "title" and not self.title:
            self.title = data
        elif not (self._open and self._open[-1][1]):
            self.text.append(data)


def shown(text: str, most: int) -> str:
    """Return a text on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]} [{len(line) - most} more characters]"


def read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(MAX_READ_CHARS)


def main() -> None:
    dom, log = (read(path) for path in sys.argv[1:3])
    words = PageInWords()
    words.feed(dom)
    said = [shown(text, MAX_LINE_CHARS) for text in CONSOLE.findall(log)]
    lines = [
        f"title: {shown(words.title, MAX_LINE_CHARS) or '(none)'}",
        f"text: {shown(' '.join(words.text), MAX_TEXT_CHARS) or '(none)'}",
        *(f"console: {line}" for line in said[:MAX_LINES] or ["nothing"]),
    ]
    if len(said) > MAX_LINES:
        lines.append(f"console: {len(said) - MAX_LINES} more lines")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
