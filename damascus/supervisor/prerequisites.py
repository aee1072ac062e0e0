"""What the company needs of this machine before its first process starts: programs that are there and new enough.

`python -m damascus.supervisor.prerequisites` says what is missing, in one line; `make` asks it before the demo and the
tests. What other machines run (Redis and PostgreSQL by address) is looked at by the office when it first meets it.
"""

import sys

from damascus.core import log, settings
from damascus.core.errors import DamascusError
from damascus.core.settings import Settings
from damascus.forge.git_program import check_git
from damascus.ledger.sqlite_library import check_sqlite
from damascus.supervisor.redis_server import find_server


def check_machine(config: Settings) -> None:
    """Raise Misconfigured, in one line, for the first thing that is missing, too old or incomplete."""
    check_git(over_http=config.forge.kind == "gitea")
    if config.ledger_url.startswith("sqlite"):
        check_sqlite()
    if not config.redis.url:
        find_server()


def main() -> int:
    """Return 0 if the company can start here, 2 if not."""
    try:
        check_machine(settings.load())
    except DamascusError as error:
        log.write_error(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
