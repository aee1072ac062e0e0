"""`forge`: where people find the code."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator

from damascus.core.errors import Unavailable
from damascus.core.redaction import remember_secret
from damascus.core.settings.section import Credential, Section

OLD_CA = "ca_file"  # accepted until the next release
ForgeKind = Literal["local", "gitea"]


class ForgeSettings(Section):
    """The token is read when it is used: a set-up step may write its file later."""

    kind: ForgeKind = Field("local", description="local: bare repositories under company.shared; gitea: a copy there")
    url: str = Field("", description="Gitea as the company reaches it")
    public_url: str = Field("", description="Gitea as the CEO's browser reaches it; empty: url")
    owner: str = Field("", description="user or organisation; empty: the token's own user")
    token: Credential = Field(SecretStr(""), description="scopes: write:repository, write:issue, write:user")
    token_file: str = Field("", description="a file with the token, read if `token` is empty")
    ssl_verify: bool = Field(True, description="whether Gitea's certificate is checked")
    ca: str = Field(
        "", validation_alias=AliasChoices("ca", OLD_CA),
        description="certificates to trust beside the system's, PEM or DER: a file, or a folder of them",
    )  # fmt: skip

    @field_validator("url", "public_url")
    @classmethod
    def _without_end(cls, url: str) -> str:
        """Take the address of the API, or one with slashes at its end, for Gitea's own."""
        return url.strip().rstrip("/").removesuffix("/api/v1").rstrip("/")

    @model_validator(mode="after")
    def _fits_together(self) -> "ForgeSettings":
        if self.kind == "gitea" and not self.url:
            raise ValueError("kind is gitea but there is no url: set GITEA_URL (and GITEA_TOKEN or GITEA_TOKEN_FILE)")
        for name, url in (("url", self.url), ("public_url", self.public_url)):
            if url and urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(f"{name} must begin with http:// or https://")
            if urlsplit(url).password or urlsplit(url).username:
                raise ValueError(f"{name} must not contain a name or password: the token goes into GITEA_TOKEN")
        return self

    @property
    def has_token(self) -> bool:
        """True if a token, or a file for one, is named."""
        return bool(self.token.get_secret_value().strip() or self.token_file)

    def read_token(self) -> str:
        """Return the token as it is now.

        Raises Unavailable if there is none (yet), or if its file cannot be read or contains something else.
        """
        given = self.token.get_secret_value().strip()
        if given:
            remember_secret(given)
            return given
        if not self.token_file:
            raise Unavailable("there is no token for Gitea: set GITEA_TOKEN or GITEA_TOKEN_FILE")
        where = f"{self.token_file} (GITEA_TOKEN_FILE)"
        try:
            given = Path(self.token_file).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"Gitea's token cannot be read from {where}: {error}") from None
        if not given:
            raise Unavailable(f"{where} contains no token yet")
        if not (given.isascii() and given.isprintable()) or " " in given:  # such as Gitea's own warnings
            raise Unavailable(f"{where} does not contain a valid token")
        remember_secret(given)
        return given
