"""What people browse of a repository: the files of a pushed commit under `shared/code`, written by the program alone.

Nothing lies there that a person's shell prompt, direnv, editor or coding assistant executes by itself once somebody
enters or opens the folder (docs/decisions/0013-what-people-browse-starts-nothing.md). Not promised: that what is
there does no harm to a person who runs it; a model wrote it.
"""

import asyncio
import logging
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from damascus.core.errors import DamascusError
from damascus.forge.port import Forge, Repository

log = logging.getLogger(__name__)

# names in lower case; of a file or a folder, anywhere in the path
SELF_STARTING = (
    # shells that source or hook files of the folder they enter: direnv, autoenv, dotenv, mise, asdf
    ".envrc", ".env", ".autoenv*", ".mise", ".mise.toml", ".mise.*.toml", "mise.toml", ".tool-versions",
    # version control that a prompt or an editor asks for a status
    ".hg", ".jj", ".sl", ".svn", ".bzr", "_darcs", ".pijul", ".fslckout", "_fossil_",
    # editors: tasks, settings and plug-ins of a folder that is opened
    ".vscode", "*.code-workspace", ".idea", ".fleet", ".zed", ".devcontainer", ".devcontainer.json",
    "*.sublime-project", ".exrc", ".vimrc", ".nvimrc", ".nvim.lua", ".dir-locals*.el", ".theia",
    # coding assistants: their hooks, tool servers and commands
    ".mcp.json", "mcp.json", ".claude", ".claude.json", ".cursor", ".windsurf", ".codex", ".gemini", ".continue",
    ".roo", ".kiro", ".amazonq", ".aider*", ".goose*", ".opencode", "opencode.json",
    # desktops that show the folder
    "desktop.ini", "autorun.inf", ".directory", "*.lnk", "*.desktop",
)  # fmt: skip
# without it no folder is a bare repository, whose config git would obey in it
BARE_REPOSITORY = "head"


def starts_by_itself(path: tuple[str, ...]) -> bool:
    """Return True if some tool of a person's runs the file, or what it says, without being told to."""
    names = [name.casefold() for name in path]
    return names[-1] == BARE_REPOSITORY or any(fnmatchcase(name, known) for name in names for known in SELF_STARTING)


async def update_public_copy(forge: Forge, repository: Repository, sha: str, place: Path) -> list[str]:
    """Write the files of a commit to `place`, instead of those of an earlier commit. Returns what was left out.

    Not promised: that the copy is there. The forge has the truth; a copy that fails is only logged.
    """
    draft, old = (place.with_name(f".{place.name}-{what}-{sha[:12]}") for what in ("new", "old"))
    try:
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        left_out = await forge.checkout(repository, sha, draft, starts_by_itself)
        await asyncio.to_thread(_swap, draft, place, old)
    except (DamascusError, OSError) as error:
        log.warning("commit %s could not be copied to %s: %s", sha, place, error)
        return []
    return left_out


def _swap(draft: Path, place: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    draft.rename(place)
    shutil.rmtree(old, ignore_errors=True)
