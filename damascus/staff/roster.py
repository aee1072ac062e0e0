"""Prints the staff for the set-up of a Gitea: `python -m damascus.staff.roster agents/personas`.

A line per member: its name there, the address of its commits, its name, and its picture in base64, between tabs.
"""

import base64
import sys
from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.staff.personas import load_personas
from damascus.staff.pictures import picture_of


def roster(folder: Path) -> list[str]:
    """Return the lines. Raises Misconfigured as `load_personas` does."""
    authors = {author.email: author for author in (each.author() for each in load_personas(folder).values())}
    return [
        "\t".join((email.partition("@")[0], email, author.name, base64.b64encode(picture_of(author.name)).decode()))
        for email, author in authors.items()
    ]


def main(arguments: list[str]) -> int:
    """Print the roster of a folder of personas. Returns the exit code."""
    try:
        lines = roster(Path(arguments[0]))
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
