"""A tool call as a person is asked about it, and what ties that to the call that is then made."""

import hashlib
import json
from typing import Any

from damascus.core.text import visible


def describe_call(role: str, tool: str, arguments: Any) -> str:
    """Return a tool call as a person is asked about it: every argument, and every character that would not be seen."""
    named = arguments if isinstance(arguments, dict) else {"arguments": arguments}
    lines = [f"May {role} use {visible(tool)}?"]
    for name, value in sorted(named.items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        lines += [f"{json.dumps(name)}:", *(f"  {line}" for line in visible(text).split("\n"))]
    return "\n".join(lines)


def fingerprint(text: str, tool: str, arguments: Any) -> str:
    """Return the SHA-256 of what a person was shown and of what is to be executed, as one."""
    whole = json.dumps([text, tool, arguments], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()
