"""`memory`: how the company finds again what it has learnt."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from damascus.core.settings.section import Address, Count, Credential, Seconds, Section


class EmbeddingsSettings(Section):
    """A server of `/v1/embeddings`, for search by meaning; what it costs is held and settled like a model's calls."""

    url: Address = Field("", description="OpenAI-compatible URL, ending in /v1; empty: search is by words only")
    model: str = Field("", max_length=180, description="asked of it; its price is in `models`, as any model's")
    api_key: Credential = Field(SecretStr(""), description="the server's key; empty: none is sent")
    ca: str = Field("", description="certificates to trust beside the system's: a file, or a folder of them")
    dimensions: Count = Field(1_536, le=4_096, description="of the model's vectors; only mem0 has to be told")
    timeout: Seconds = Field(20, description="seconds after which search is by words only")

    @model_validator(mode="after")
    def _fits_together(self) -> "EmbeddingsSettings":
        if self.url and not self.model:
            raise ValueError("EMBEDDINGS_URL is set but no model: set EMBEDDINGS_MODEL")
        if self.url and urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError(f"url must begin with http:// or https://, not {self.url[:100]!r}")
        return self


class MemorySettings(Section):
    """How what the company remembers is found; whether it does so is a policy (`memory.use`)."""

    backend: Literal["ledger", "mem0"] = Field(
        "ledger", description="what searches by meaning; mem0 needs the extra `mem0` and `embeddings`"
    )
    embeddings: EmbeddingsSettings = EmbeddingsSettings()

    @model_validator(mode="after")
    def _fits_together(self) -> "MemorySettings":
        if self.backend == "mem0" and not self.embeddings.url:
            raise ValueError("backend mem0 needs embeddings: set EMBEDDINGS_URL and EMBEDDINGS_MODEL")
        return self
