"""Whether Gitea would take the company's work, found out without leaving anything there.

Gitea looks at a token's scopes before it looks at what was sent: a request to make nothing in a repository that cannot
be is refused for its scopes (403), or for the rest (404, 422) when they are good.
"""

from urllib.parse import quote

from damascus.core.errors import ForgeUnavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.gitea.api import GiteaApi

SCOPES = "make one with write:repository, write:issue, write:user (write:organization for an organisation)"
NOWHERE = "-damascus-looks-whether-it-may-write-"


async def probe(api: GiteaApi, settings: ForgeSettings) -> str:
    """What was found, in words; raises ForgeUnavailable with what is wrong and how to mend it."""
    version, user = await api.version(), await api.user()
    owner = settings.owner or user
    creating = "/user/repos" if owner.lower() == user.lower() else f"/orgs/{quote(owner, safe='')}/repos"
    for path in (creating, f"/repos/{quote(user, safe='')}/{NOWHERE}/issues"):
        lacking = await api.may_write(path)
        if lacking:
            raise ForgeUnavailable(f"{user}'s token for {settings.url} will not do ({lacking}): {SCOPES}")
    return f"Gitea {version} at {settings.url}, as {user}, for {owner}"
