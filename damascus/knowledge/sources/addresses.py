"""Which addresses a mission may read: those it was shown, and no others (docs/decisions/0029).

An address that a model makes up can carry what it knows to the owner of a host. One that stood in the results of a
search, on a page, in the directive or in an answer of the CEO's carries nothing, nor does a beginning of its path.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from damascus.core.records.missions import Mission
from damascus.ledger.queries.turns import WEB_TOOLS
from damascus.ledger.transaction import ReadTransaction

_ADDRESS = re.compile(r"https?://[^\s<>\"'`|]+", re.IGNORECASE)
_BARE_HOST = re.compile(r"(?<![\w@/.-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w@-])", re.IGNORECASE)
_AROUND = ".,;:!?)]}>*_"


async def was_shown(tx: ReadTransaction, mission: Mission, url: str) -> bool:
    """Return whether `url` stands in what this mission was shown, or is the beginning of an address that does."""
    wanted = _plain(url)
    answers = [item.answer or "" for item in await tx.desk_items.of_mission(mission.id)]
    words = [mission.directive_text, *answers]
    hosts = {host[0].lower() for text in words for host in _BARE_HOST.finditer(text)}
    if wanted.partition("://")[2] in hosts:
        return True
    # a refusal may quote what the model had made up
    results = [text for text in await tx.turns.results_of_web(mission.id) if not text.startswith(WEB_TOOLS)]
    texts = [*words, *results]
    return any(wanted in _with_beginnings(found) for text in texts for found in _addresses(text))


def _addresses(text: str) -> Iterator[str]:
    for found in _ADDRESS.finditer(text):
        yield found[0]
        yield found[0].rstrip(_AROUND)


def _with_beginnings(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return set()
    steps = parts.path.split("/")
    paths = ("/".join(steps[:count]) for count in range(1, len(steps) + 1))
    return {_plain(url), *(_plain(parts._replace(path=path, query="", fragment="").geturl()) for path in paths)}


def _plain(url: str) -> str:
    """Return an address without what makes no difference: its fragment, the case of its host, a slash at its end."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    plain = parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), fragment="").geturl()
    return plain.rstrip("/")
