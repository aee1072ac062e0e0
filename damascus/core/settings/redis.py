"""`redis`: the transport between the company's processes."""

from pydantic import Field

from damascus.core.settings.section import Address, Count, Section


class Channels(Section):
    """Names of channels and streams."""

    prefix: str = Field(
        "damascus",
        pattern=r"^[a-z][a-z0-9_-]*$",
        description="what they begin with, different for each company on one Redis",
    )


class Redis(Section):
    """Where Redis is; it keeps nothing that the ledger does not have."""

    url: Address = Field("", description="redis://[:PASSWORD@]HOST[:PORT][/0]; empty: the company starts its own")
    channels: Channels = Channels()
    maxlen: Count = Field(10_000, description="messages a stream keeps, approximately")
