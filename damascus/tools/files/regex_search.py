"""A search by a model's regular expression, as a program in the workshop: one without end hangs nobody else.

It is sent whole to a jailed Python, so that no file of it need be where commands run.
"""

import json
import shlex
from pathlib import Path

from damascus.core.errors import Invalid
from damascus.tools.file_text import MAX_FILE_BYTES
from damascus.tools.files.walk import SKIPPED_FOLDERS
from damascus.workshop.port import Workshop

MAX_SEARCH_SECONDS = 10
MAX_MATCHES = 100
_PROGRAM = """
import fnmatch, json, os, re, sys
told = json.loads(sys.argv[1])
try:
    pattern = re.compile(told["pattern"], re.IGNORECASE)
except (re.error, RecursionError, OverflowError) as error:
    print("not a regular expression:", error)
    sys.exit(3)
shown = 0
for folder, folders, names in os.walk("."):
    folders[:] = sorted(f for f in folders if f not in told["skipped"] and f != ".git")
    for name in sorted(names):
        path = os.path.relpath(os.path.join(folder, name), ".")
        if not (fnmatch.fnmatchcase(path, told["glob"]) or fnmatch.fnmatchcase(name, told["glob"])):
            continue
        if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > told["size"]:
            continue
        try:
            lines = open(path, encoding="utf-8").read().splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        last = -1
        for n, line in enumerate(lines):
            if not pattern.search(line):
                continue
            around = told["context"]
            first = max(n - around, last + 1, 0)
            if around and last >= 0 and first > last + 1:
                print("--")
            for k in range(first, min(n + around + 1, len(lines))):
                if k > last:
                    hit = ":" if k == n or pattern.search(lines[k]) else "-"
                    clean = "".join(c if c.isprintable() else "?" for c in path)
                    print(f"{clean}{hit}{k + 1}{hit} {lines[k][:200]}")
                    last = k
            shown += 1
            if shown >= told["limit"]:
                print("[there may be more; search for something more specific]")
                sys.exit(0)
"""


async def regex_search(workshop: Workshop, folder: Path, pattern: str, glob: str, context: int) -> str:
    """Return the lines that match. Raises Invalid if there is no such pattern, or one that takes too long."""
    told = {
        "pattern": pattern, "glob": glob or "*", "context": context, "limit": MAX_MATCHES,
        "size": MAX_FILE_BYTES, "skipped": sorted(SKIPPED_FOLDERS),
    }  # fmt: skip
    command = f"python3 -I -X utf8 -c {shlex.quote(_PROGRAM)} {shlex.quote(json.dumps(told))}"
    ended = await workshop.run(command, folder, seconds=MAX_SEARCH_SECONDS)
    if ended.timed_out:
        raise Invalid(f"the pattern took longer than {MAX_SEARCH_SECONDS} seconds; search for something simpler")
    if ended.exit_code:
        raise Invalid(ended.output.strip()[:500] or "the search failed; search for plain text")
    return ended.output.rstrip("\n")
