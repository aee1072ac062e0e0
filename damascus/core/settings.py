"""Settings: config.yaml + .env + environment, typed, unknown keys refused. The only reader of os.environ.

Nothing is read at import time: `load()` is called once by whoever starts a process.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from damascus.core.errors import Misconfigured, Unavailable
from damascus.core.validation import explain

_INNERMOST = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}")
REHEARSAL_MODEL = "rehearsal"
ABSOLUTE = r"^(/.*)?$"
# What PyYAML raises on ill-formed scalars (`!!int ""`, `2024-99-99`, a thousand brackets) beside its own errors.
YAML_FAULTS = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
SECRETS_IN_FILES = ("REDIS_URL", "LEDGER_URL", "LLM_API_KEY", "OFFICE_TOKEN", "DESK_SECRET")


# bounds that nobody reaches on purpose: beyond them a slip of the hand is no date, no size and no amount any more
Seconds = Annotated[float, Field(gt=0, le=366 * 86_400)]
Count = Annotated[int, Field(gt=0, le=1_000_000_000)]
Dollars = Annotated[float, Field(gt=0, le=1_000_000)]


def _is_utf8(text: str) -> bool:
    return text == text.encode(errors="replace").decode()


def _fits_a_header(secret: SecretStr) -> SecretStr:
    """HTTP takes nothing else, and says so only when the first request is sent."""
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a key or token has letters, digits and signs of ASCII only; was something else pasted along?")
    return secret


Credential = Annotated[SecretStr, AfterValidator(_fits_a_header)]


class Section(BaseModel):
    """A part of config.yaml; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """An environment may hold any bytes; no path, header or database takes these."""
        if isinstance(value, str) and ("\0" in value or not _is_utf8(value)):
            raise ValueError("this is no text: it holds a NUL, or bytes that are no UTF-8")
        return value


class CompanySettings(Section):
    name: str = "Damascus Frontier"
    home: Path = Field(Path(".damascus"), description="private state")
    shared: Path = Field(Path("shared"), description="what people read")
    logs: str = Field("", description="folder for a log of each role; empty: standard error only")
    faults: Path | None = Field(None, description="for tests only: the folder of core/failpoints.py")


class Price(Section):
    """USD per million tokens."""

    input: float = Field(ge=0, le=1_000_000)
    output: float = Field(ge=0, le=1_000_000)


class Tiers(Section):
    """The model behind each tier; empty means the rehearsal model."""

    strong: str = ""
    standard: str = ""
    cheap: str = ""


class Model(Section):
    base_url: str = Field("", description="OpenAI-compatible URL; empty: rehearsal")
    api_key: Credential = SecretStr("")
    tiers: Tiers = Tiers()
    fallbacks: list[str] = Field(default_factory=list)
    timeout: Seconds = Field(120, description="for one call")
    retries: int = Field(3, ge=0, le=10)
    unknown_price: Price = Price(input=5, output=20)
    prices: dict[str, Price] = Field(default_factory=dict)

    @property
    def rehearsal(self) -> bool:
        """Whether the staff thinks through the rehearsal model: it is so unless a model is named."""
        return not self.tiers.standard or self.tiers.standard == REHEARSAL_MODEL

    @model_validator(mode="after")
    def _whole(self) -> "Model":
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


class BudgetSettings(Section):
    """US dollars."""

    mission: Dollars = 2.0
    day: Dollars = 20.0
    company: Dollars = 200.0
    warn_at: float = Field(0.8, gt=0, le=1)


class Limits(Section):
    turns_per_task: Count = 40
    seconds_per_task: Seconds = 3600
    repeated_calls: int = Field(4, gt=1, le=1_000_000_000)
    messages_per_minute: Count = Field(10, description="from one role to another, in a mission")
    tasks_per_worker: Count = 24
    lease: Seconds = 30
    plan_attempts: Count = 3
    model_patience: float = Field(60, ge=0, le=366 * 86_400, description="seconds")
    resend_after: Seconds = 20


class Channels(Section):
    prefix: str = Field("damascus", pattern=r"^[a-z][a-z0-9_-]*$")


def _can_be_split(url: str) -> str:
    try:
        urlsplit(url)
    except ValueError:  # not in its own words: they quote a part, which may be the password
        raise ValueError("this is no address, such as redis://HOST:6379 or postgresql://USER@HOST/NAME") from None
    return url


Address = Annotated[str, AfterValidator(_can_be_split)]


class Redis(Section):
    url: Address = ""
    channels: Channels = Channels()
    maxlen: Count = Field(10_000, description="messages a stream keeps, approximately")


class LedgerSettings(Section):
    url: Address = ""


class OfficeSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(5180, ge=0, le=65535)
    url: str = ""
    token: Credential = SecretStr("")
    desk_secret: SecretStr = SecretStr("")


class AgentSettings(Section):
    """Which agent a container is; `python -m agents.main --role --name` says it elsewhere."""

    role: str = ""
    name: str = Field("", description="the first part of its worker's name; the host's name is the second")


class WorkshopSettings(Section):
    """What one command may use, and where commands run."""

    seconds: Seconds = 120
    cpu_seconds: Count = 60
    memory_mb: Count = 1024
    processes: Count = 128
    file_mb: Count = 64
    output_kb: Count = 64
    socket: str = Field("", pattern=ABSOLUTE, description="of a workshop elsewhere; empty: commands run here")
    workspaces: str = Field("", pattern=ABSOLUTE, description="working copies and checks; empty: shared and home")


ForgeKind = Literal["local", "gitea"]


class ForgeSettings(Section):
    """Where people find the code. The token is read when it is used: a set-up step may write its file later."""

    kind: ForgeKind = "local"
    url: str = Field("", description="Gitea as the company reaches it")
    public_url: str = Field("", description="Gitea as the CEO's browser reaches it; empty: url")
    owner: str = Field("", description="user or organisation; empty: the token's own user")
    token: Credential = SecretStr("")
    token_file: str = Field("", description="a file with the token, where `token` is empty")
    ssl_verify: bool = True
    ca_file: str = Field("", description="certificates (PEM) to trust beside the system's")

    @model_validator(mode="after")
    def _whole(self) -> "ForgeSettings":
        if self.kind == "gitea" and not self.url:
            raise ValueError("kind is gitea but there is no url: set GITEA_URL (and GITEA_TOKEN or GITEA_TOKEN_FILE)")
        for name, url in (("url", self.url), ("public_url", self.public_url)):
            if url and urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(f"{name} must begin with http:// or https://")
            if urlsplit(url).password or urlsplit(url).username:
                raise ValueError(f"{name} must not hold a name or password: the token goes into GITEA_TOKEN")
        return self

    def read_token(self) -> str:
        """The token as it is now; raises Unavailable when there is none (yet)."""
        given = self.token.get_secret_value().strip()
        if given or not self.token_file:
            if not given:
                raise Unavailable("there is no token for Gitea: set GITEA_TOKEN or GITEA_TOKEN_FILE")
            return given
        try:
            given = Path(self.token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(
                f"Gitea's token cannot be read from {self.token_file} (GITEA_TOKEN_FILE): {error}"
            ) from None
        if not given:
            raise Unavailable(f"{self.token_file} (GITEA_TOKEN_FILE) holds no token yet")
        if not (given.isascii() and given.isprintable()):
            raise Unavailable(f"{self.token_file} (GITEA_TOKEN_FILE) holds something that is no token")
        return given


class Settings(Section):
    """All of config.yaml."""

    company: CompanySettings = CompanySettings()
    model: Model = Model()
    budget: BudgetSettings = BudgetSettings()
    limits: Limits = Limits()
    redis: Redis = Redis()
    ledger: LedgerSettings = LedgerSettings()
    office: OfficeSettings = OfficeSettings()
    agent: AgentSettings = AgentSettings()
    workshop: WorkshopSettings = WorkshopSettings()
    forge: ForgeSettings = ForgeSettings()
    playbook: str = "startup"

    @property
    def home(self) -> Path:
        return self.company.home.absolute()

    @property
    def shared(self) -> Path:
        return self.company.shared.absolute()

    @property
    def workspaces(self) -> Path:
        """The folder of `code/`, the working copies; one path for whoever edits, runs and commits them."""
        return Path(self.workshop.workspaces or self.shared)

    @property
    def checks(self) -> Path:
        """Where fresh copies of commits are tested; the workshop must see it under the same path."""
        return Path(self.workshop.workspaces or self.home) / "checks"

    def log_file(self, name: str) -> Path | None:
        """Where a process of this name writes its log besides standard error."""
        return Path(self.company.logs).absolute() / f"{name}.log" if self.company.logs else None

    @property
    def ledger_url(self) -> str:
        return self.ledger.url or f"sqlite:///{self.home / 'ledger.sqlite3'}"

    def secrets(self) -> list[str]:
        """Every secret string, for the log to blot out."""
        kept = (self.model.api_key, self.office.token, self.office.desk_secret, self.forge.token)
        passwords = (urlsplit(self.redis.url).password, urlsplit(self.ledger.url).password)
        return [s.get_secret_value() for s in kept if s.get_secret_value()] + [p for p in passwords if p]


def load(root: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Read the settings of the company whose folder is `root` (default: here).

    `environment` stands in for os.environ; it wins over `.env`, which wins over config.yaml's defaults.
    Raises Misconfigured with one line that names the file, the key and the nearest known name.
    """
    root = root or Path.cwd()
    path = root / "config.yaml"
    variables = {**_dotenv(root / ".env"), **(os.environ if environment is None else environment)}
    given = {k: v for k, v in variables.items() if v}
    try:
        data = _interpolate(_read(path), {**_secrets_in_files(given), **given})
    except RecursionError:
        raise Misconfigured(f"{path}: a part of it stands for itself: write it out instead of `*its-name`") from None
    try:
        settings = Settings.model_validate(_without_blanks(data))
    except ValidationError as error:
        raise Misconfigured(f"{path}: {explain(error, Settings)}") from None
    company = settings.company
    return settings.model_copy(
        update={"company": company.model_copy(update={"home": root / company.home, "shared": root / company.shared})}
    )


def _dotenv(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path)
    except UnicodeDecodeError:
        raise Misconfigured(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


def _secrets_in_files(given: dict[str, str]) -> dict[str, str]:
    """Secrets that NAME_FILE names the file of: what stands in a file does not stand in `docker inspect`."""
    found = {}
    for name in SECRETS_IN_FILES:
        if path := given.get(f"{name}_FILE"):
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Misconfigured(f"{name}_FILE is {path[:200]!r}, which cannot be read: {error.strerror}") from None
            except ValueError:
                raise Misconfigured(f"{name}_FILE is {path[:200]!r}, which is no UTF-8 text") from None
    return found


def child_environment(**extra: str) -> dict[str, str]:
    """This process's environment with `extra` laid over it, for a child of ours."""
    return {**os.environ, **extra}


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except YAML_FAULTS as error:
        line = " ".join(str(error).split())[:300]
        raise Misconfigured(f"{path}: not valid YAML: {line}") from None
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None
    if not isinstance(data or {}, dict):
        raise Misconfigured(f"{path}: expected sections such as `model:` and `budget:`, found {type(data).__name__}")
    return data or {}


def _interpolate(value: Any, variables: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _interpolate(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_interpolate(item, variables) for item in value]
    if not isinstance(value, str):
        return value
    while (found := _INNERMOST.search(value)) is not None:
        name, default = found.group(1), found.group(2)
        value = value[: found.start()] + variables.get(name, default or "").replace("${", "$ {") + value[found.end() :]
    return value


def _without_blanks(data: dict[str, Any]) -> dict[str, Any]:
    """An empty section (`limits:` with nothing under it) means its defaults."""
    return {key: value for key, value in data.items() if value is not None}
