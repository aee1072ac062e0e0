"""`web`: the way to pages and searches outside, and its limits."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr

from damascus.core.settings.section import Address, Count, Credential, Dollars, Seconds, Section

SearchProvider = Literal["searxng", "tavily", "exa", "brave", "serper", "ddgs"]

USUAL_PRICES: dict[SearchProvider, float] = {"tavily": 0.008, "exa": 0.005, "brave": 0.005, "serper": 0.001}


def _as_list(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Hosts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class SearchSettings(Section):
    """The providers of searches: each that has an address or a key is asked, in this order."""

    searxng_url: Address = Field("", description="a SearXNG with its JSON format enabled; asked first")
    tavily_key: Credential = SecretStr("")
    exa_key: Credential = SecretStr("")
    brave_key: Credential = SecretStr("")
    serper_key: Credential = SecretStr("")
    addresses: dict[SearchProvider, Address] = Field({}, description="where a provider is, if not at its usual address")
    without_key: bool = Field(True, description="whether public search pages are asked (ddgs) if nothing is set")
    prices: dict[SearchProvider, Dollars] = Field(
        default=USUAL_PRICES, description="USD for one search; of providers that are not named, the usual one"
    )

    def prices_of_configured(self) -> dict[SearchProvider, float]:
        """Return what a search costs, in USD, with each provider that is configured and wants money."""
        keys: dict[SearchProvider, SecretStr] = {
            "tavily": self.tavily_key, "exa": self.exa_key, "brave": self.brave_key, "serper": self.serper_key,
        }  # fmt: skip
        prices = {**USUAL_PRICES, **self.prices}
        return {name: prices[name] for name, key in keys.items() if key.get_secret_value()}


class WebSettings(Section):
    """Which pages may be read, how large and how fast; the service that reads them."""

    enabled: bool = Field(True, description="false: no agent looks anything up, and every report says so")
    url: Address = Field("", description="the service that reads pages; empty: the company starts its own")
    allowed_hosts: Hosts = Field((), description="if any, only these hosts and those below them are read")
    denied_hosts: Hosts = Field((), description="hosts that are never read, nor those below them")
    private_hosts: Hosts = Field((), description="HOST:PORT of your own that may be read though they are private")
    page_bytes: Count = Field(2_000_000, description="bytes that a page may have, decompressed")
    seconds: Seconds = Field(60, description="for one page, with its redirects")
    seconds_between_requests: Seconds = Field(1, description="between two requests to one host")
    search: SearchSettings = SearchSettings()
