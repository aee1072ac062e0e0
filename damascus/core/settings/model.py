"""`model`: which models the staff uses, where they are served and what they cost."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from damascus.core.settings.section import Count, Credential, Seconds, Section

REHEARSAL_MODEL = "rehearsal"


UsdPerMillion = Annotated[float, Field(ge=0, le=1_000_000)]


class LongContextPrice(Section):
    """USD per million tokens of a call that sends more than `above` tokens."""

    above: int = Field(gt=0, description="input tokens above which the whole call has this price")
    input: UsdPerMillion
    output: UsdPerMillion


class Price(Section):
    """USD per million tokens."""

    input: UsdPerMillion
    output: UsdPerMillion
    cached: UsdPerMillion | None = Field(None, description="of input that is in the provider's cache; empty: as input")
    cache_write: UsdPerMillion | None = Field(
        None, description="of input that it stores there, if it is asked to and takes more for it; empty: twice input"
    )
    request: float = Field(0, ge=0, le=1_000, description="USD for each call or image, besides its tokens")
    long_context: LongContextPrice | None = Field(None, description="what a long call costs instead")

    def microusd(self, input_tokens: int, output_tokens: int, cached: int = 0, stored: int = 0) -> float:
        """Return what a call costs, in micro-USD: one USD per million tokens is one micro-USD per token.

        Of its input, `cached` tokens were in the provider's cache, and `stored` went there.
        """
        long = self.long_context
        per_token = long if long is not None and input_tokens > long.above else self
        more = per_token.input / self.input if self.input else 1.0  # a long call's cache is as much dearer
        found = per_token.input if self.cached is None else self.cached * more
        put = 2 * per_token.input if self.cache_write is None else self.cache_write * more
        fresh = per_token.input * (input_tokens - cached - stored)
        return fresh + found * cached + put * stored + per_token.output * output_tokens + self.request * 1e6

    @property
    def is_free(self) -> bool:
        """Whether no call has a cost, however long it is."""
        return not (self.input or self.output or self.request or self.long_context)


FREE = Price(input=0, output=0)


class NamedModel(Section):
    """What is known of one model; what is left out is asked of its server, or learnt."""

    context_window: Count | None = Field(None, description="tokens of a request and its answer together")
    max_output_tokens: Count | None = Field(None, description="tokens of one answer, thinking included: its own limit")
    price: Price | None = Field(None, description="USD per million tokens (input, output), or the word `free`")
    start_timeout: Seconds | None = Field(
        None, description="seconds until an answer begins; empty: timeout, six times that in the own network"
    )
    timeout: Seconds | None = Field(None, description="seconds that it may be silent; empty: that of `model`")
    vision: bool | None = Field(
        None, description="whether it sees pictures, such as screenshots; empty: what its server tells, else no"
    )
    stream: bool = Field(True, description="whether answers are streamed; where its server refuses, they are not")
    requests_per_minute: Count | None = Field(
        None, description="that all agents together send to it; empty: what a refusal of its server names"
    )
    tokens_per_minute: Count | None = Field(None, description="likewise, of requests and answers")

    @field_validator("price", mode="before")
    @classmethod
    def _may_be_free(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.strip().lower() != "free":
            raise ValueError(f"expected `free` or {{input: USD, output: USD}} per million tokens, not {value[:60]!r}")
        return FREE


class Tiers(Section):
    """The model behind each tier; empty: the rehearsal."""

    strong: str = Field("", description="the VP's, who plans and sums up")
    standard: str = Field("", description="the other roles'")
    cheap: str = Field("", description="for a persona with `tier: cheap`, and to sum up what no longer fits a context")


class ModelSettings(Section):
    """An OpenAI-compatible server and the models asked of it."""

    base_url: str = Field("", description="OpenAI-compatible URL; empty: the rehearsal")
    ca: str = Field(
        "", description="certificates to trust beside the system's, PEM or DER: a file, or a folder of them"
    )
    api_key: Credential = Field(SecretStr(""), description="the server's key; empty: none is sent")
    tiers: Tiers = Field(Tiers(), description="the model of each tier: name all three, or none")
    fallbacks: list[str] = Field(
        default_factory=list, description="models to try, in order (or separated by commas), if one does not respond"
    )
    timeout: Seconds = Field(600, description="seconds that a server may be silent before it is given up")
    retries: int = Field(3, ge=0, le=10, description="further attempts of a call that failed and may be repeated")
    unknown_price: Price = Field(
        Price(input=5, output=20), description="USD per million tokens, assumed for a model whose price is not known"
    )

    @property
    def rehearsal(self) -> bool:
        """Whether the staff runs on the rehearsal: it does unless a model is named."""
        return not self.tiers.standard or self.tiers.standard == REHEARSAL_MODEL

    @field_validator("fallbacks", mode="before")
    @classmethod
    def _are_listed(cls, value: Any) -> Any:
        # an environment variable is text
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits_together(self) -> "ModelSettings":
        named = [bool(tier) for tier in (self.tiers.strong, self.tiers.standard, self.tiers.cheap)]
        if any(named) and not all(named):
            raise ValueError(
                "name a model for every tier: set LLM_MODEL, or all of LLM_MODEL_STRONG, _STANDARD, _CHEAP"
            )
        if self.base_url and not any(named):
            raise ValueError("LLM_BASE_URL is set but no model: set LLM_MODEL")
        if self.base_url and urlsplit(self.base_url).scheme not in ("http", "https"):
            raise ValueError(f"base_url must begin with http:// or https://, not {self.base_url[:100]!r}")
        return self
