"""What to do about a refusal, by the words that Gitea and Forgejo give for it; the first that fits is right."""

import re

SCOPES = (
    "create one for all repositories, private ones among them, with write:repository, write:issue, write:user "
    "(write:organization for an organisation)"
)
NO_RIGHT = "the token's user has no right to do that there; give it one, or set another GITEA_OWNER"
NO_RIGHT_TO_PUSH = (
    "the token needs the scope write:repository, for private repositories, too, and its user the right to write there"
)
NO_ROOM = "make room at Gitea, or raise the limit there"

ADVICE = (
    (r"archived", "unarchive it at Gitea"),
    (r"limited to public|public[- ]only", "the token sees public repositories only; create one without that limit"),
    (r"\bscopes?\b", f"the token lacks a scope; {SCOPES}"),
    (r"specific repositor|repository[- ]scoped", f"the token is for single repositories; {SCOPES}"),
    (r"two[- ]factor|second factor|\b2fa\b|\bwebauthn\b|change (?:your|the) password|terms of",
     "log in at Gitea as the token's user and do what it asks for"),
    (r"over http|by http protocol", "switch git over HTTP on at Gitea (DISABLE_HTTP_GIT = false)"),
    (r"prohibited|disabled|suspended|not activ|inactive|locked|cannot be accessed",
     "an admin of Gitea has to unlock the token's user"),
    (r"quota|limit|maximum|too large|exceed|no space|disk", NO_ROOM),
    (r"unverified commit|sign(?:ed|ature)", "the company signs no commits; lift that rule for the branch at Gitea"),
    (r"changing file", "take that file out of the branch's protection, in the repository's settings at Gitea"),
    (r"protected", "let the token's user push to that branch, in the repository's settings at Gitea"),
    (r"http request (was sent )?to (an )?https", "set GITEA_URL to the address that begins with https://"),
    (r"internal server error", "check Gitea's own log"),
    (r"mirror", "make it a repository of its own, no mirror"),
)  # fmt: skip


def advice_for(said: str) -> str:
    """Return what to do about a refusal in these words, empty if they are none that we know."""
    return next((advice for pattern, advice in ADVICE if re.search(pattern, said, re.IGNORECASE)), "")
