"""Links that log a browser in at the office's page, once."""

from typing import TYPE_CHECKING

from damascus.core.settings import Settings

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient
    from damascus.api.schemas import LoginCode

NO_PAGE = "the page was not built, so a browser shows nothing yet; `make page` builds it"


def address(settings: Settings, office: "OfficeClient", made: "LoginCode") -> str:
    """Return where a browser goes with this code: by the name that people reach the office by."""
    return f"{(settings.office.public_url or office.url).rstrip('/')}{made.path}"


def new_link(settings: Settings, office: "OfficeClient") -> str:
    """Have the office make a link, and return it."""
    return address(settings, office, office.make_login_code("link"))
