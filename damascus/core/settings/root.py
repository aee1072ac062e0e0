"""All sections in one object, and what follows from several of them."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import Field, model_validator

from damascus.core.settings.agent import AgentSettings
from damascus.core.settings.budget import BudgetSettings
from damascus.core.settings.company import CompanySettings
from damascus.core.settings.forge import ForgeSettings
from damascus.core.settings.ledger import LedgerSettings
from damascus.core.settings.limits import LimitsSettings
from damascus.core.settings.memory import MemorySettings
from damascus.core.settings.model import ModelSettings, NamedModel
from damascus.core.settings.office import OfficeSettings
from damascus.core.settings.redis import RedisSettings
from damascus.core.settings.section import Section
from damascus.core.settings.web import WebSettings
from damascus.core.settings.workshop import WorkshopSettings

OLD_PRICES = "prices"  # of `model`, accepted until the next release; prices are in `models` now

PASSWORD_FIELDS = ("password", "sslpassword")


class Settings(Section):
    """All of config.yaml."""

    company: CompanySettings = CompanySettings()
    model: ModelSettings = ModelSettings()
    models: dict[str, NamedModel] = Field(
        {}, description="what is known of a model, by its name; goes before what its server tells"
    )
    budget: BudgetSettings = BudgetSettings()
    limits: LimitsSettings = LimitsSettings()
    redis: RedisSettings = RedisSettings()
    ledger: LedgerSettings = LedgerSettings()
    office: OfficeSettings = OfficeSettings()
    agent: AgentSettings = AgentSettings()
    workshop: WorkshopSettings = WorkshopSettings()
    forge: ForgeSettings = ForgeSettings()
    web: WebSettings = WebSettings()
    memory: MemorySettings = MemorySettings()
    playbook: str = Field(
        "choose",
        description="playbook for directives that name none: a file in playbooks/, or `choose`: the VP takes one",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_old_prices(cls, data: Any) -> Any:
        """Read `model.prices` into `models`, whose own prices go before."""
        model = data.get("model") if isinstance(data, dict) else None
        models = data.get("models") or {} if isinstance(data, dict) else None
        if not (isinstance(model, dict) and isinstance(model.get(OLD_PRICES), dict) and isinstance(models, dict)):
            return data
        priced = {name: {"price": price} for name, price in model[OLD_PRICES].items()}
        given = {
            name: {**priced.get(name, {}), **known} if isinstance(known, dict) else known
            for name, known in models.items()
        }
        return {**data, "model": {key: model[key] for key in model if key != OLD_PRICES}, "models": {**priced, **given}}

    @property
    def home(self) -> Path:
        return self.company.home.absolute()

    @property
    def shared(self) -> Path:
        return self.company.shared.absolute()

    @property
    def workspaces(self) -> Path:
        """The folder of `code/`, the working copies; one path for all that edit, run and commit them.

        Never a folder that people browse: models write there.
        """
        return Path(self.workshop.workspaces or self.home / "workspaces")

    @property
    def checks(self) -> Path:
        """Where fresh copies of commits are tested; the workshop must see it under the same path."""
        return Path(self.workshop.workspaces or self.home) / "checks"

    @property
    def ledger_url(self) -> str:
        # in an address `%` and `?` have a meaning, in a folder's name none
        return self.ledger.url or f"sqlite:///{quote(str(self.home / 'ledger.sqlite3'))}"

    @property
    def ledger_file(self) -> Path | None:
        """The file of a ledger in SQLite, None if it is in PostgreSQL."""
        kind, _, path = self.ledger_url.partition(":///")
        return Path(unquote(path)) if kind.startswith("sqlite") and path else None

    def log_file(self, name: str) -> Path | None:
        """Return where a process of this name writes its log besides standard error, or None if nowhere."""
        return Path(self.company.logs).absolute() / f"{name}.log" if self.company.logs else None

    def secrets(self) -> list[str]:
        """Return every secret string, for the log to redact."""
        search = self.web.search
        kept = (self.model.api_key, self.office.token, self.office.desk_secret, self.forge.token,
                self.memory.embeddings.api_key, search.tavily_key, search.exa_key, search.brave_key,
                search.serper_key)  # fmt: skip
        passwords = [word for url in (self.redis.url, self.ledger.url) for word in _passwords(url)]
        return [s.get_secret_value() for s in kept if s.get_secret_value()] + passwords


def _passwords(url: str) -> list[str]:
    """Return every password in an address, as it is written there and as it is meant."""
    parts = urlsplit(url)
    fields = (field.partition("=") for field in parts.query.split("&"))
    written = [parts.password or "", *(value for name, _, value in fields if name in PASSWORD_FIELDS)]
    return sorted({word for password in written for word in (password, unquote(password)) if word})
