"""Which blocks there are, and how they get into a page."""

import re
from collections.abc import Callable
from pathlib import Path

from scripts.reference import (
    api,
    command_line,
    configuration,
    events,
    exit_codes,
    messages,
    models,
    personas,
    playbooks,
)  # fmt: skip

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
BLOCKS: dict[str, Callable[[], str]] = {
    "api-errors": api.errors,
    "api-routes": api.routes,
    "api-schemas": api.schemas,
    "commands": command_line.commands,
    "event-kinds": events.kinds,
    "event-payloads": events.payloads,
    "exit-codes": exit_codes.codes,
    "message-fields": messages.wire_format,
    "message-limits": messages.limits,
    "model-quirks": models.quirks,
    "persona-keys": personas.keys,
    "persona-tools": personas.tools,
    "plan": playbooks.plan,
    "playbook-keys": playbooks.keys,
    "secrets-in-files": configuration.secrets_in_files,
    "settings": configuration.settings,
}
BLOCK = re.compile(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def refresh(text: str) -> str:
    """Return a page with each of its blocks generated again. Raises KeyError if it names an unknown block."""
    return BLOCK.sub(lambda found: f"<!-- generated: {found[1]} -->\n\n{BLOCKS[found[1]]()}\n\n<!-- end -->", text)
