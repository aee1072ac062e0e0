"""Gitea and Forgejo say the same in different words: what each of them answers, as data.

Compared with Gitea 1.26.3 and Forgejo 9.0.3, built from source and asked the same; with the source of Forgejo 16
(`tests/contracts/test_gitea_words_contract.py` asks again wherever one is at hand). What they say of pull requests, and
of what is archived, was compared with Gitea only.
"""

from dataclasses import dataclass

SCOPES = "token does not have at least one of required scope(s)"


@dataclass(frozen=True)
class Product:
    """`{secret}` is the token as it was given, which Forgejo repeats.

    Empty words: it says nothing of its own, so what it does not show is just not found.
    """

    version: str
    not_found: str
    unknown_token: str
    unknown_token_for_git: str
    lacks_scope: str
    redirect: int
    archived: str
    blocked: str
    hook: str
    public_only: str
    wants_second_factor: str


GITEA = Product(
    version="1.26.0+stand-in",
    not_found="not found",
    unknown_token="invalid username, password or token",  # noqa: S106
    unknown_token_for_git="Failed to authenticate user\n",  # noqa: S106
    lacks_scope=SCOPES + ", required=[{needed}], token scope={given}",
    redirect=301,
    archived="{name} is archived",
    blocked="cannot close this issue or pull request because it still has open dependencies",
    hook="",
    public_only="",
    wants_second_factor="",
)
FORGEJO = Product(
    version="16.0.0+gitea-1.22.0.stand-in",
    not_found="The target couldn't be found.",
    unknown_token="access token does not exist [sha: {secret}]",  # noqa: S106
    unknown_token_for_git="Credentials are incorrect or have expired. Retry your command or see our issue 2809\n",  # noqa: S106
    lacks_scope=SCOPES + ": [{needed}]",
    redirect=307,
    archived="<Repository {id}:{name}> is archived",
    blocked="cannot close this issue because it still has open dependencies",
    hook="Forgejo: ",
    public_only="token scope is limited to public repos",
    wants_second_factor=(
        "This Forgejo instance requires users to enable two-factor authentication before they can access their "
        "accounts. Enable it at: {url}user/settings/security"
    ),
)
PRODUCTS = {"gitea": GITEA, "forgejo": FORGEJO}
