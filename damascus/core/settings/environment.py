"""The only reader of os.environ: what it says to the settings, and what a child process is given of it."""

import os
from pathlib import Path

from dotenv import dotenv_values

from damascus.core.errors import Misconfigured
from damascus.core.redaction import remember_secret

SECRETS_IN_FILES = (
    "REDIS_URL", "LEDGER_URL", "LLM_API_KEY", "OFFICE_TOKEN", "DESK_SECRET",
    "TAVILY_API_KEY", "EXA_API_KEY", "BRAVE_API_KEY", "SERPER_API_KEY",
    "EMBEDDINGS_API_KEY",
)  # fmt: skip
NETWORK_VARIABLES = frozenset(
    {
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    }
)  # fmt: skip
UTF8_WITH_OR_WITHOUT_BOM = "utf-8-sig"  # some editors begin a file with a mark
QUOTES = ("'", '"')


def child_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment with `extra` laid over it, for a child process."""
    return {**os.environ, **extra}


def set_before_import(**variables: str) -> None:
    """Set variables of this process that a library reads while it is imported, and has no other setting for."""
    os.environ.update(variables)


def network_variables() -> dict[str, str]:
    """Return what this machine says of proxies and certificates, in either case (`core/network`)."""
    return {name: value for name, value in os.environ.items() if name.upper() in NETWORK_VARIABLES}


def read_variables(dotenv: Path, environment: dict[str, str] | None) -> dict[str, str]:
    """Return the variables that config.yaml may name; empty ones are left out.

    `environment` (None: os.environ) wins over the file `dotenv`. Blanks and quotes around a value do not belong to it:
    `docker run --env-file` and a shell that reads lines with CR LF leave them there. A secret that is not given itself
    is read from the file that NAME_FILE names: what is in a file is not in `docker inspect`.

    Raises Misconfigured if a file cannot be read.
    """
    variables = {**_read_dotenv(dotenv), **(os.environ if environment is None else environment)}
    given = {name: plain for name, value in variables.items() if value and (plain := _plain(value))}
    return {**_read_secrets(given), **given}


def _read_dotenv(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path, encoding=UTF8_WITH_OR_WITHOUT_BOM)
    except UnicodeDecodeError:
        raise Misconfigured(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


def _plain(value: str) -> str:
    """Return a value without blanks around it, and without the quotes that enclose all of it."""
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in QUOTES:
        return text[1:-1].strip()
    return text


def _read_secrets(given: dict[str, str]) -> dict[str, str]:
    found = {}
    for name in SECRETS_IN_FILES:
        if path := given.get(f"{name}_FILE"):
            try:
                found[name] = Path(path).read_text(encoding=UTF8_WITH_OR_WITHOUT_BOM).strip()
                remember_secret(found[name])
            except OSError as error:
                raise Misconfigured(f"{name}_FILE is {path[:200]!r}, which cannot be read: {error.strerror}") from None
            except ValueError:
                raise Misconfigured(f"{name}_FILE is {path[:200]!r}, which is not UTF-8 text") from None
    return found
