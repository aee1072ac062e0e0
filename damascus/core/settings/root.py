"""All sections in one object, and what follows from several of them."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

from damascus.core.settings.agent import AgentSettings
from damascus.core.settings.budget import BudgetSettings
from damascus.core.settings.company import CompanySettings
from damascus.core.settings.forge import ForgeSettings
from damascus.core.settings.ledger import LedgerSettings
from damascus.core.settings.limits import LimitsSettings
from damascus.core.settings.model import ModelSettings
from damascus.core.settings.office import OfficeSettings
from damascus.core.settings.redis import RedisSettings
from damascus.core.settings.section import Section
from damascus.core.settings.workshop import WorkshopSettings


class Settings(Section):
    """All of config.yaml."""

    company: CompanySettings = CompanySettings()
    model: ModelSettings = ModelSettings()
    budget: BudgetSettings = BudgetSettings()
    limits: LimitsSettings = LimitsSettings()
    redis: RedisSettings = RedisSettings()
    ledger: LedgerSettings = LedgerSettings()
    office: OfficeSettings = OfficeSettings()
    agent: AgentSettings = AgentSettings()
    workshop: WorkshopSettings = WorkshopSettings()
    forge: ForgeSettings = ForgeSettings()
    playbook: str = Field("startup", description="playbook for directives that name none: a file in playbooks/")

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
        return self.ledger.url or f"sqlite:///{self.home / 'ledger.sqlite3'}"

    def log_file(self, name: str) -> Path | None:
        """Return where a process of this name writes its log besides standard error, or None if nowhere."""
        return Path(self.company.logs).absolute() / f"{name}.log" if self.company.logs else None

    def secrets(self) -> list[str]:
        """Return every secret string, for the log to redact."""
        kept = (self.model.api_key, self.office.token, self.office.desk_secret, self.forge.token)
        passwords = (urlsplit(self.redis.url).password, urlsplit(self.ledger.url).password)
        return [s.get_secret_value() for s in kept if s.get_secret_value()] + [p for p in passwords if p]
