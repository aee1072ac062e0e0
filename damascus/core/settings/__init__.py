"""Settings: config.yaml + .env + environment, typed, a file per section; unknown keys are refused.

Nothing is read at import time: `load()` is called once by each process, at its start.
"""

from damascus.core.settings.agent import AgentSettings
from damascus.core.settings.budget import BudgetSettings
from damascus.core.settings.company import CompanySettings
from damascus.core.settings.environment import SECRETS_IN_FILES, child_environment
from damascus.core.settings.forge import ForgeKind, ForgeSettings
from damascus.core.settings.ledger import LedgerSettings
from damascus.core.settings.limits import LimitsSettings
from damascus.core.settings.loading import YAML_FAULTS, load
from damascus.core.settings.memory import EmbeddingsSettings, MemorySettings
from damascus.core.settings.model import (
    FREE,
    REHEARSAL_MODEL,
    LongContextPrice,
    ModelSettings,
    NamedModel,
    Price,
    Tiers,
)
from damascus.core.settings.office import OfficeSettings
from damascus.core.settings.redis import ChannelSettings, RedisSettings
from damascus.core.settings.root import Settings
from damascus.core.settings.web import SearchProvider, SearchSettings, WebSettings
from damascus.core.settings.workshop import WorkshopSettings

__all__ = [
    "FREE",
    "REHEARSAL_MODEL",
    "SECRETS_IN_FILES",
    "YAML_FAULTS",
    "AgentSettings",
    "BudgetSettings",
    "ChannelSettings",
    "CompanySettings",
    "EmbeddingsSettings",
    "ForgeKind",
    "ForgeSettings",
    "LedgerSettings",
    "LimitsSettings",
    "LongContextPrice",
    "MemorySettings",
    "ModelSettings",
    "NamedModel",
    "OfficeSettings",
    "Price",
    "RedisSettings",
    "SearchProvider",
    "SearchSettings",
    "Settings",
    "Tiers",
    "WebSettings",
    "WorkshopSettings",
    "child_environment",
    "load",
]
