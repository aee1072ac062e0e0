"""How a person starts what was made: as its README says, else as its files show. A model's words, never run here."""

import json
import re
from collections.abc import Iterator, Mapping

from damascus.core.records.plan import RUNNERS
from damascus.core.text import one_line

MAX_START_CHARS = 200
_README = re.compile(r"readme(?:\.md|\.txt|\.rst)?", re.IGNORECASE)
_TITLE = re.compile(r"#{1,6}\s.*\b(?:start|run|use|usage|using|quick ?start|how to)\b.*", re.IGNORECASE)
_STARTS = re.compile(r"(?:python3?|node|npm (?:start|run)|open|xdg-open|deno|bun|java|go run|cargo run|make|sh)\b|\./")
_NO_STARTS = re.compile(r".*\b(?:install|pytest|unittest|venv|test)\b.*|make test\b.*|git .*", re.IGNORECASE)
_GUARD = re.compile(r"^if __name__ == ['\"]__main__['\"]:", re.MULTILINE)


def tells_of_start(path: tuple[str, ...]) -> bool:
    """Return True if the file at a path may say how to start it."""
    *above, name = path
    if name == "__main__.py":
        return len(above) == 1
    is_told = _README.fullmatch(name) is not None or name in ("package.json", "index.html")
    return not above and (is_told or name.endswith(".py"))


def find_start(files: Mapping[str, bytes]) -> str:
    """Return the command that starts what has these files; empty if nothing tells of one."""
    texts = {path: data.decode(errors="replace") for path, data in files.items()}
    found = next(_candidates(texts), "")
    return one_line("".join(c for c in found if c.isprintable() and c != "`"), MAX_START_CHARS)


def _candidates(texts: Mapping[str, str]) -> Iterator[str]:
    readme = next((text for path, text in sorted(texts.items()) if _README.fullmatch(path)), "")
    lines = list(_commands(readme))
    yield from (line for line, is_of_use in lines if is_of_use)
    yield from (line for line, _ in lines)
    try:
        told = json.loads(texts.get("package.json", "{}"))
        if isinstance(told, dict) and isinstance(told.get("scripts"), dict) and "start" in told["scripts"]:
            yield "npm start"
    except (ValueError, RecursionError):
        pass
    yield from (f"python3 -m {path.split('/')[0]}" for path in sorted(texts) if path.endswith("/__main__.py"))
    guarded = [path for path, text in sorted(texts.items()) if path.endswith(".py") and _GUARD.search(text)]
    yield from (f"python3 {path}" for path in guarded if not path.startswith("test"))
    if "index.html" in texts:
        yield "open index.html"


def _commands(readme: str) -> Iterator[tuple[str, bool]]:
    """Yield each line of code of a README that starts something, and whether a heading about use stands above it."""
    is_code = is_of_use = False
    for line in readme.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            is_code = not is_code
        elif line.startswith("#") and not is_code:
            is_of_use = _TITLE.fullmatch(line.strip()) is not None
        elif is_code or line.startswith("    "):
            command = line.strip().removeprefix("$ ")
            if _STARTS.match(command) and not _NO_STARTS.match(command) and not command.startswith(RUNNERS):
                yield command, is_of_use
