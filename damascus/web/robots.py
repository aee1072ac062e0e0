"""What a host allows robots to read (RFC 9309), asked once an hour."""

from dataclasses import dataclass

from protego import Protego

from damascus.core.clock import Clock
from damascus.web.download import USER_AGENT, BeforeRequest, Downloader
from damascus.web.port import WebError, WebErrorKind
from damascus.web.targets import Target

MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309, 2.5: at least that much must be read
KEEP_RULES_SECONDS = 3_600.0
KEEP_FAILURE_SECONDS = 60.0
MAX_CRAWL_DELAY_SECONDS = 30.0
MAX_HOSTS = 1_000


@dataclass(frozen=True, slots=True)
class _Rules:
    rules: Protego | None  # None: nothing may be read, RFC 9309, 2.3.1.4
    until: float


class Robots:
    """The rules of the hosts that were asked lately."""

    def __init__(self, downloader: Downloader, clock: Clock) -> None:
        self._downloader = downloader
        self._clock = clock
        self._known: dict[str, _Rules] = {}

    async def check(self, target: Target, before_request: BeforeRequest) -> float:
        """Return the seconds that the host wants between two requests.

        Raises WebError if it forbids the page, or does not say whether it allows it.
        """
        known = self._known.get(target.origin)
        if known is None or known.until <= self._clock.monotonic():
            known = await self._ask(target, before_request)
            while len(self._known) >= MAX_HOSTS:
                del self._known[next(iter(self._known))]
            self._known[target.origin] = known
        if known.rules is None:
            raise WebError(WebErrorKind.REFUSED, f"{target.host} has a fault now; try again later, or another page")
        if not known.rules.can_fetch(target.url, USER_AGENT):
            raise WebError(WebErrorKind.ROBOTS, f"{target.host} asks robots not to read this page; use another source")
        return min(known.rules.crawl_delay(USER_AGENT) or 0.0, MAX_CRAWL_DELAY_SECONDS)

    async def _ask(self, target: Target, before_request: BeforeRequest) -> _Rules:
        url = f"{target.origin}/robots.txt"
        found = await self._downloader.get(url, before_request, MAX_ROBOTS_BYTES, keep_head=True)
        if found.status >= 500:
            return _Rules(None, self._clock.monotonic() + KEEP_FAILURE_SECONDS)
        text = found.body.decode("utf-8", errors="replace") if found.status == 200 else ""
        return _Rules(Protego.parse(text.removeprefix("\ufeff")), self._clock.monotonic() + KEEP_RULES_SECONDS)
