"""Finds out whether Gitea would accept the company's work, without leaving anything there.

Gitea checks a token's scopes before the request itself: an empty request for a repository that cannot exist is refused
for its scopes (403), or for the rest (404, 422) if they suffice.
"""

from collections.abc import Sequence
from urllib.parse import quote

from damascus.core.errors import ForgeUnavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.responses import check_takes_code

NOWHERE = "-damascus-looks-whether-it-may-write-"


async def probe(api: GiteaApi, settings: ForgeSettings, known: Sequence[str] = ()) -> str:
    """Return what was found; `known` are the ids of repositories that are there and in use.

    Raises ForgeUnavailable, which says how to fix it, if work cannot be published.
    """
    product = "Gitea"
    try:
        version = await api.version()
        product, user = product_of(version), await api.user()
        owner = settings.owner or user
        await _check_owner(api, settings, user, owner)
        await _check_sight(api, user)
        for id in known:
            there = await api.repository_by_id(id)
            if there is not None:  # else it is made again
                check_takes_code(there)
    except ForgeUnavailable as error:
        said = str(error)
        product = "Forgejo" if "Forgejo" in said else product  # which may refuse to tell its version
        raise ForgeUnavailable(said.replace("Gitea", product), error.retry_after) from error
    return f"{product} {version} at {settings.url}, as {user}, for {owner}"


async def _check_owner(api: GiteaApi, settings: ForgeSettings, user: str, owner: str) -> None:
    is_user = owner.lower() == user.lower()
    if not is_user:
        await _check_organization(api, settings, user, owner)
    await api.check_may_write("/user/repos" if is_user else f"/orgs/{quote(owner, safe='')}/repos")
    await api.check_may_write(f"/repos/{quote(user, safe='')}/{NOWHERE}/issues")


async def _check_sight(api: GiteaApi, user: str) -> None:
    """Without a second factor that it wants, Gitea lists a user's repositories and shows none of them."""
    listed = await api.one_of_mine()
    if listed and await api.repository(*listed.split("/")) is None:
        raise ForgeUnavailable(
            f"Gitea lists {listed} and does not show it; look whether it wants a second factor of {user}"
        )


async def _check_organization(api: GiteaApi, settings: ForgeSettings, user: str, owner: str) -> None:
    try:
        may = await api.may_create_in(user, owner)
    except ForgeUnavailable as error:
        raise ForgeUnavailable(f"GITEA_OWNER is {owner}, not the token's user {user}: {error}") from error
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
