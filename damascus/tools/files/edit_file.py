"""`edit_file`."""

import asyncio
import difflib

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damascus.core.errors import Invalid
from damascus.tools.file_text import MAX_FILE_BYTES, check_content, numbered, to_text
from damascus.tools.files.task_folder import folder_of_task
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_EDITS = 50
MAX_SHOWN_LINES = 60
CONTEXT_LINES = 2
MAX_COMPARED_LINES, MAX_COMPARED_CHARS = 3_000, 200
MAX_NEAREST_LINES = 12


class Replacement(BaseModel):
    """One passage, and what takes its place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    old: str = Field(min_length=1)
    new: str
    replace_all: bool = False


class EditFileArguments(Arguments):
    path: str
    old: str | None = Field(default=None, min_length=1, description="occurs exactly once; without line numbers")
    new: str | None = None
    replace_all: bool = Field(default=False, description="wherever `old` occurs")
    edits: list[Replacement] = Field(
        default_factory=list, max_length=MAX_EDITS, description="instead: several, all or none"
    )

    @model_validator(mode="after")
    def _one_way(self) -> "EditFileArguments":
        if (self.old is None) != (self.new is None) or (self.old is None) == (not self.edits):
            raise ValueError("give `old` and `new`, or a list of them in `edits`")
        return self

    def replacements(self) -> list[Replacement]:
        """Return them as one list, whichever way they were given."""
        if self.old is None or self.new is None:
            return self.edits
        return [Replacement(old=self.old, new=self.new, replace_all=self.replace_all)]


class EditFileTool:
    """Replaces passages of a text file: all that are given, or none."""

    name = "edit_file"
    description = "Replace passages of a file; shows the lines that changed."
    parameters = EditFileArguments
    danger = Danger.WRITE
    idempotent = False

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: EditFileArguments) -> ToolResult:
        path = arguments.path
        folder = await folder_of_task(self._services, context)
        before = to_text(path, await asyncio.to_thread(folder.read, path, MAX_FILE_BYTES + 1))
        after = before
        for number, edit in enumerate(arguments.replacements(), start=1):
            which = f"edit {number}: " if arguments.edits else ""
            after = await asyncio.to_thread(_replace, path, after, edit, which)
        await asyncio.to_thread(folder.write, path, check_content(path, after))
        return ToolResult(f"changed {path}\n{await asyncio.to_thread(_changed, before, after)}")


def _replace(path: str, text: str, edit: Replacement, which: str) -> str:
    """Return the text with one replacement made. Raises Invalid, which shows the nearest passage, if it cannot be."""
    count = text.count(edit.old)
    if count == 0:
        raise Invalid(f"{which}`old` does not occur in {path}; nothing was changed{_nearest(text, edit.old)}")
    if count > 1 and not edit.replace_all:
        raise Invalid(
            f"{which}`old` occurs {count} times in {path}, nothing was changed; include more of the surrounding lines, "
            "or say `replace_all`"
        )
    return text.replace(edit.old, edit.new)


def _nearest(text: str, old: str) -> str:
    """Return the lines that are most like a passage, with their numbers; empty if none is like it."""
    lines, wanted = text.splitlines(), old.splitlines()
    key = max(wanted, key=lambda line: len(line.strip()), default="").strip()[:MAX_COMPARED_CHARS]
    compared = [line.strip()[:MAX_COMPARED_CHARS] for line in lines[:MAX_COMPARED_LINES]]
    found = difflib.get_close_matches(key, compared, n=1, cutoff=0.5)
    if not found:
        return "; read the file and copy the passage exactly"
    offset = next(n for n, line in enumerate(wanted) if line.strip()[:MAX_COMPARED_CHARS] == key)
    first = max(compared.index(found[0]) - offset, 0)
    shown = lines[first : first + min(len(wanted) + 1, MAX_NEAREST_LINES)]
    return "; the nearest passage is:\n" + "\n".join(numbered(shown, first + 1))


def _changed(before: str, after: str) -> str:
    """Return the lines that changed as they are now, with some around them and their numbers."""
    lines, shown = after.splitlines(), list[str]()
    matcher = difflib.SequenceMatcher(None, before.splitlines(), lines)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES) if len(lines) <= MAX_COMPARED_LINES else ():
        first, last = group[0][3], group[-1][4]
        shown += [*numbered(lines[first:last], first + 1), "..."]
    cut = shown[:-1][:MAX_SHOWN_LINES]
    more = [f"[{len(shown) - 1 - MAX_SHOWN_LINES} more lines]"] if len(shown) - 1 > MAX_SHOWN_LINES else []
    return "\n".join([*cut, *more])
