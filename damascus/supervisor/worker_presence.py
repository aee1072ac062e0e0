"""Which workers have sent a heartbeat since the company started, as the office tells it.

It asks with the standard library: the first model call waits for the supervisor, and every import costs it time.
"""

import http.client
import json
from datetime import datetime
from urllib.parse import urlsplit

from damascus.core.settings import Settings

REQUEST_TIMEOUT_SECONDS = 5


def workers_seen_since(settings: Settings, since: datetime) -> frozenset[str]:
    """Return the workers (such as `vp-1`) with a heartbeat after `since`; none if the office does not respond yet."""
    try:
        url = urlsplit(json.loads((settings.home / "office.json").read_text(encoding="utf-8"))["url"])
        token = settings.office.token.get_secret_value() or (settings.home / "token").read_text("ascii").strip()
        line = http.client.HTTPConnection(url.hostname or "", url.port, timeout=REQUEST_TIMEOUT_SECONDS)
        try:
            line.request("GET", "/api/staff", headers={"Authorization": f"Bearer {token}"})
            members = json.loads(line.getresponse().read())["items"]
        finally:
            line.close()
        return frozenset(m["worker"] for m in members if m["seen_at"] and datetime.fromisoformat(m["seen_at"]) >= since)
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return frozenset()
