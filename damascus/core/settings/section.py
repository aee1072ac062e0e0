"""What every section shares: unknown keys are refused, text is text, and numbers have bounds.

The bounds are far beyond any sensible value; they keep a typing error from overflowing a date, a size or an amount.
"""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

MAX_SETTING_SECONDS = 366 * 86_400
MAX_SETTING_COUNT = 1_000_000_000
ABSOLUTE_PATH = r"^(/.*)?$"

Seconds = Annotated[float, Field(gt=0, le=MAX_SETTING_SECONDS)]
Count = Annotated[int, Field(gt=0, le=MAX_SETTING_COUNT)]
Dollars = Annotated[float, Field(gt=0, le=1_000_000)]


class Section(BaseModel):
    """A part of config.yaml; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        # an environment may contain any bytes; no path, header or database takes these
        if isinstance(value, str) and ("\0" in value or not _is_utf8(value)):
            raise ValueError("not valid text: it contains a NUL byte or bytes that are not UTF-8")
        return value


def _is_utf8(text: str) -> bool:
    return text == text.encode(errors="replace").decode()


def _fits_a_header(secret: SecretStr) -> SecretStr:
    # HTTP takes nothing else, and says so only when the first request is sent
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a key or token is printable ASCII only; check for stray characters from pasting")
    return secret


def _can_be_split(url: str) -> str:
    try:
        urlsplit(url)
    except ValueError:  # the library's message would quote a part, which may be the password
        raise ValueError(
            "not a valid address; expected for example redis://HOST:6379 or postgresql://USER@HOST/NAME"
        ) from None
    return url


Credential = Annotated[SecretStr, AfterValidator(_fits_a_header)]
Address = Annotated[str, AfterValidator(_can_be_split)]
