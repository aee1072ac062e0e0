"""Which playbooks there are: the one check of a playbook's name, wherever a person gives one."""

from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.core.text import one_line

NO_PLAYBOOK = "none"  # of a mission: its plan follows no playbook
CHOOSE_PLAYBOOK = "choose"  # as a setting: the planner takes one for each directive
PLAYBOOKS_FOLDER = Path("playbooks")  # in the company's folder, where its processes and the command line run


def playbook_names(folder: Path = PLAYBOOKS_FOLDER) -> list[str]:
    """Return the names of a folder's playbooks, sorted; an empty list if there is no such folder."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def find_playbook(name: str, folder: Path = PLAYBOOKS_FOLDER) -> Path:
    """Return the file of the playbook `name`; its contents are not looked at.

    A name is compared with those that are there, so it can never lead out of the folder.

    Raises Misconfigured, which lists them, if it is none of them.
    """
    known = playbook_names(folder)
    if name not in known:
        there = ", ".join(known) or "none"
        raise Misconfigured(f"there is no playbook {one_line(name, 80)!r} in {folder.absolute()}; known: {there}")
    return folder / f"{name}.yaml"
