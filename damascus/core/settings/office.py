"""`office`: the management API and daemon."""

from pydantic import Field, SecretStr

from damascus.core.settings.section import Credential, Section


class OfficeSettings(Section):
    """Where it listens, and who may speak with it."""

    host: str = Field(
        "127.0.0.1", description="address it listens on, IPv4 or IPv6; the default keeps it to this machine"
    )
    port: int = Field(5180, ge=0, le=65535, description="port it listens on; 0: any free one")
    url: str = Field("", description="where the CLI finds it; empty: what company.home/office.json says")
    public_url: str = Field("", description="the office as a browser reaches it; empty: url, or where it was found")
    hosts: str = Field(
        "", description="further names by which it is reached, with commas between; others are refused in `Host`"
    )
    certificate: str = Field(
        "", description="file with its certificate (PEM, with the chain); with it the office speaks TLS only"
    )
    certificate_key: str = Field("", description="file with the certificate's key; empty: it is in the same file")
    plain_http: bool = Field(
        False,
        description="let an office for other machines speak HTTP: everybody on the way reads the token, the cookies "
        "and everything else, and can act as you; for a private network, or behind a proxy with TLS",
    )
    token: Credential = Field(SecretStr(""), description="bearer token of its API; empty: made at first start")
    desk_secret: SecretStr = Field(
        SecretStr(""), description="a message from outside must carry it; empty: made at first start"
    )
