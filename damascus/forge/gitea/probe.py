"""Finds out whether Gitea would accept the company's work, without leaving anything there.

Gitea checks a token's scopes before the request itself: an empty request for a repository that cannot exist is refused
for its scopes (403), or for the rest (404, 422) if they suffice.
"""

from urllib.parse import quote

from damascus.core.errors import ForgeUnavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.gitea.api import GiteaApi

SCOPES = "create one with write:repository, write:issue, write:user (write:organization for an organisation)"
NOWHERE = "-damascus-looks-whether-it-may-write-"


async def probe(api: GiteaApi, settings: ForgeSettings) -> str:
    """Return what was found. Raises ForgeUnavailable, which says how to fix it, if work cannot be published."""
    version, user = await api.version(), await api.user()
    owner = settings.owner or user
    if owner.lower() != user.lower():
        await _check_organization(api, settings, user, owner)
    creating = "/user/repos" if owner.lower() == user.lower() else f"/orgs/{quote(owner, safe='')}/repos"
    for path in (creating, f"/repos/{quote(user, safe='')}/{NOWHERE}/issues"):
        lacking = await api.may_write(path)
        if lacking:
            raise ForgeUnavailable(f"{user}'s token for {settings.url} lacks a scope ({lacking}); {SCOPES}")
    return f"{product_of(version)} {version} at {settings.url}, as {user}, for {owner}"


async def _check_organization(api: GiteaApi, settings: ForgeSettings, user: str, owner: str) -> None:
    may = await api.may_create_in(user, owner)
    if may is None:
        raise ForgeUnavailable(f"{user} sees no organisation {owner} at {settings.url}; check GITEA_OWNER")
    if not may:
        raise ForgeUnavailable(
            f"{user} may not make repositories for {owner} at {settings.url}; put it into a team there that may, or "
            "set another GITEA_OWNER"
        )


def product_of(version: str) -> str:
    """Return the name of the program with this version: Forgejo tells which Gitea it comes from."""
    return "Forgejo" if "+gitea-" in version else "Gitea"
