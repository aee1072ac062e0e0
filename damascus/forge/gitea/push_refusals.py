"""What a failed push means: whose turn it is, in Gitea's own words.

Only commits that are not ours are a conflict, which somebody has to resolve. All else waits: it is pushed again.
"""

import re

from damascus.core.errors import Conflict, ForgeUnavailable
from damascus.core.text import one_line
from damascus.forge.git_command import EXIT_KILLED
from damascus.forge.gitea.advice import NO_RIGHT_TO_PUSH, NO_ROOM, advice_for

# how git, here or there, says that the branch has commits which the pushed one does not follow
_NOT_FAST_FORWARD = re.compile(r"^ ! \[(?:remote )?rejected\].*\((?:non-fast-forward|fetch first)\)$", re.MULTILINE)
_REFUSED = re.compile(r"^ ! \[remote rejected\].*?\((.+)\)$", re.MULTILINE)
_REMOTE = re.compile(r"^remote: ?(?:(?:error|Gitea|Forgejo): ?)*(.*)$", re.MULTILINE)
_STATUS = re.compile(r"(?:returned error:|HTTP) (\d{3})\b")
_MAX_SAID_CHARS = 300


def was_refused(stderr: str) -> bool:
    """Return True if the forge took the commits and did not want them; a lock may be that of our own first try."""
    return _REFUSED.search(stderr) is not None and "cannot lock ref" not in stderr


def push_refusal(status: int, stderr: str, to: tuple[str, str], seconds: float) -> Conflict | ForgeUnavailable:
    """Return the error for a push that ended with this exit status and these words after at most `seconds`.

    `to` is the branch, and the repository by its full name.
    """
    branch, full_name = to
    stderr = stderr.replace("\r", "\n")
    if _NOT_FAST_FORWARD.search(stderr):
        return Conflict(
            f"{branch} of {full_name} at Gitea has commits from elsewhere; nothing was overwritten. Move those commits "
            f"off {branch} there, or remove them"
        )
    said = one_line(" ".join(filter(None, map(str.strip, _REMOTE.findall(stderr)))), _MAX_SAID_CHARS)
    refused = _REFUSED.search(stderr)
    if refused is not None:
        return _waits(f"Gitea did not take the push to {branch} of {full_name}", _both(refused[1], said))
    found = _STATUS.search(stderr)
    code = int(found[1]) if found else 0
    if code == 401 or "Authentication failed" in stderr or "could not read Username" in stderr:
        return ForgeUnavailable("Gitea rejected the token for a push; create a new one and set GITEA_TOKEN")
    if "not found" in stderr or "Push to create" in said:  # which is how Gitea says that there is nothing
        return ForgeUnavailable(f"Gitea shows no {full_name} to push to; it is looked for again")
    if code == 403:
        return _waits(f"Gitea refused the push to {full_name}", _both("403", said), NO_RIGHT_TO_PUSH)
    if code == 413:
        return _waits(f"Gitea does not take so much for {full_name}", _both("413", said), NO_ROOM)
    if 300 <= code < 400 or "unable to update url base from redirection" in stderr:
        return ForgeUnavailable(f"{full_name} was renamed at Gitea just now; it is looked for under its new name")
    if status in EXIT_KILLED:
        return ForgeUnavailable(f"the push to Gitea did not end within {seconds:g} s")
    if code >= 500:
        return ForgeUnavailable(f"Gitea failed at the push to {full_name} ({code}); check its log, and the proxy's")
    text = one_line(stderr, _MAX_SAID_CHARS) or f"exit code {status}"
    return _waits("git could not push to Gitea", text)


def _waits(what: str, said: str, otherwise: str = "") -> ForgeUnavailable:
    advice = advice_for(said) or otherwise
    return ForgeUnavailable(f"{what}: {said}{'; ' if advice else ''}{advice}")


def _both(first: str, said: str) -> str:
    return f"{first}: {said}" if said else first
