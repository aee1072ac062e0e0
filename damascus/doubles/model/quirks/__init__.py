"""What providers and servers do in their own way, one file each: `provider`, `quirk`, `since`, what the `company` does.

`streams` are shapes of their responses with what they mean, for tests of the client. `plays` is how the rehearsal
behaves to have the quirk in a whole mission (answer.py). docs/reference/models.md is made of the same files.
"""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent

Quirk = dict[str, Any]


def load_quirks() -> dict[str, Quirk]:
    """Return every quirk by the name of its file."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
