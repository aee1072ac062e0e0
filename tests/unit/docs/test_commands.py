"""Each command line of `ceo` in a document, a help text or a message is one that `ceo` takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from damascus.cli.main import OLD_NAMES, build
from tests.fixtures.tree import ROOT, sources, tracked

# after a prompt, a backtick, a quote, or what runs it: `ceo show`, `uv run ceo run`, `python3 ceo_cli.py run`
LINE = re.compile(
    r"(?:^ *|(?<=[`\"'({])|(?<=&& ))(?:(?:uv run|python3?|docker compose exec \w+) |\.venv/bin/)?"
    r"ceo(?:_cli\.py)? +([a-z]+)\b([^`\n]*)",
    re.MULTILINE,
)
OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)")
HISTORY = ("CHANGELOG.md", "docs/decisions/")
OLD_NAMES_PAGE = ROOT / "docs/reference/command-line.md"  # it says that they are kept
TEXT_ONLY = {"logs", "scale"}  # what Docker prints passes through them


def options_of(command: Any) -> set[str]:
    """The options of a command, or of all commands of a group; what one of these lacks is not in `--json` either."""
    parts = list(getattr(command, "commands", {"": command}).values())
    known = [{option for p in part.params for option in (*p.opts, *p.secondary_opts)} for part in parts]
    return set.union(*known) - ({"--json"} - set.intersection(*known))


COMMANDS = {
    name: options_of(command)
    for name, command in typer.main.get_command(build()).commands.items()  # type: ignore[attr-defined]
}


def texts() -> list[Path]:
    documents = [path for path in tracked("*.md") if not path.relative_to(ROOT).as_posix().startswith(HISTORY)]
    return [*documents, *sources()]


def command_lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for name, rest in LINE.findall(text):
        yield name, OPTION.findall(re.split("#|&&", rest)[0])


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_command_line_is_one_that_ceo_takes(path: Path) -> None:
    lines = list(command_lines(path.read_text(encoding="utf-8")))
    wrong = [(name, options) for name, options in lines if not {*options} <= COMMANDS.get(name, set())]
    unknown = [name for name, _ in lines if name not in COMMANDS]
    assert not wrong + unknown + [name for name, _ in lines if name in OLD_NAMES and path != OLD_NAMES_PAGE]


def test_the_readme_lists_every_command() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands\n")[2].partition("\n## ")[0]
    assert {name for name, _ in command_lines(table)} == COMMANDS.keys() - OLD_NAMES.keys()


def test_every_command_takes_json_but_those_that_the_readme_names() -> None:
    assert {name for name, options in COMMANDS.items() if "--json" not in options} == TEXT_ONLY
    assert "Every command takes `--json`, except `logs` and `scale`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ["`ceo shows`", "uv run ceo run --dollars 2", '"ceo inbox"'])
def test_a_command_line_that_ceo_does_not_take_is_found(line: str) -> None:
    ((name, options),) = command_lines(line)
    assert name not in COMMANDS or name in OLD_NAMES or not {*options} <= COMMANDS[name]
