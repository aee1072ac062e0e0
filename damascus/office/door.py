"""What is checked of a directive before it is taken in, whichever way it comes."""

import asyncio
from pathlib import Path

from damascus.staff.playbooks import load_playbook

PLAYBOOKS = Path("playbooks")  # in the company's folder, where the office runs


async def check_playbook(name: str | None) -> None:
    """Raise Misconfigured, which lists those there are, when a directive names a playbook that is not there."""
    if name is not None:
        await asyncio.to_thread(_load, name)


def _load(name: str) -> None:
    load_playbook(PLAYBOOKS.absolute(), name)
