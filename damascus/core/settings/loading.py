"""Reads config.yaml: YAML, in which ${NAME:-default} stands for a variable, and then the sections' own checks."""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from damascus.core.errors import Misconfigured
from damascus.core.redaction import remember_secret
from damascus.core.settings.environment import UTF8_WITH_OR_WITHOUT_BOM, read_variables
from damascus.core.settings.root import Settings
from damascus.core.validation import explain

# What PyYAML raises on ill-formed scalars (`!!int ""`, `2024-99-99`, a thousand brackets) beside its own errors.
YAML_FAULTS = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
_INNERMOST = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}")


def load(root: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Read the settings of the company in the folder `root` (default: the current one).

    `environment` stands in for os.environ; it wins over `.env`, which wins over config.yaml's defaults.
    Raises Misconfigured, with one line that names the file, the key and the nearest known name, if one is wrong.
    """
    root = root or Path.cwd()
    path = root / "config.yaml"
    variables = read_variables(root / ".env", environment)
    try:
        data = _interpolate(_read(path), variables)
    except RecursionError:
        raise Misconfigured(
            f"{path}: a YAML alias refers to itself; write the value out instead of using `*name`"
        ) from None
    try:
        settings = Settings.model_validate(_without_blanks(data))
    except ValidationError as error:
        raise Misconfigured(f"{path}: {explain(error, Settings)}") from None
    for secret in settings.secrets():
        remember_secret(secret)
    company = settings.company
    return settings.model_copy(
        update={"company": company.model_copy(update={"home": root / company.home, "shared": root / company.shared})}
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding=UTF8_WITH_OR_WITHOUT_BOM))
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
    """Leave out empty sections (`limits:` with nothing under it): they mean their defaults."""
    return {key: value for key, value in data.items() if value is not None}
