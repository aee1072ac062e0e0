"""Nothing that a model wrote drives the CEO's terminal: titles, reports, trails, reasons, as text and as JSON.

Class: a trusted program acts on a text that a model wrote. Siblings: markup of the library that draws tables,
characters that reverse or hide what is read, the control codes beyond ASCII (U+0080 to U+009F).
"""

import json

import pytest
from rich.console import Console

from damascus.cli.formatting import escape_line, print_json, printable_line, strip_controls

CLASS = "a reader's program acts on a model's text"
ATTACKS = [
    "\x1b]0;pwned\x07", "\x1b[2J\x1b[H", "\x9b31m", "\x9d0;pwned\x9c", "\u202egpj.exe", "a\u2066b\u2069",
    "\u200bhidden", "\U000e0041tag", "back\b\b\b\bspace", "line\rover", "\ud800", "[red]x[/]", "[link=http://x]y[/link]",
    "[/]", "end\\",
]  # fmt: skip


def is_harmless(shown: str) -> bool:
    return all(character.isprintable() for character in shown)


@pytest.mark.attack("control codes in JSON on a terminal", CLASS)
@pytest.mark.parametrize("text", ATTACKS)
def test_json_escapes_what_drives_a_terminal_and_loses_nothing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({text: [text]})
    line = capsys.readouterr().out.removesuffix("\n")
    assert is_harmless(line)
    assert json.loads(line) == {text: [text]}


@pytest.mark.attack("control codes and markup in a line", CLASS)
@pytest.mark.parametrize("text", ATTACKS)
def test_a_line_shows_what_can_be_printed_and_its_markup_as_text(text: str) -> None:
    console = Console(force_terminal=True, highlight=False, soft_wrap=True, width=200)
    with console.capture() as drawn:
        console.print(f"[bold]{escape_line(text)}[/]")
    inner = drawn.get().rstrip("\n").removeprefix("\x1b[1m").removesuffix("\x1b[0m")
    assert is_harmless(inner)
    assert inner == printable_line(text)


@pytest.mark.attack("control codes in a report", CLASS)
@pytest.mark.parametrize("text", ATTACKS)
def test_a_report_keeps_its_lines_and_drives_nothing(text: str) -> None:
    shown = strip_controls(f"a\n{text}\tb")
    assert is_harmless(shown.replace("\n", "").replace("\t", ""))
    assert shown.startswith("a\n")
