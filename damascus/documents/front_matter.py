"""The front matter of a report's file, apart from its text."""

from typing import Any

import frontmatter

from damascus.core.settings import YAML_FAULTS


def split(text: str) -> tuple[dict[str, Any], str]:
    """Return a report's front matter and what is below; a front matter that cannot be read is none."""
    if not (text.startswith("---\n") and "\n---\n" in text):
        return {}, text
    try:
        front, _ = frontmatter.parse(text)
    except YAML_FAULTS:
        front = {}
    return dict(front), text.partition("\n---\n")[2].lstrip("\n")
