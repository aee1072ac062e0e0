"""What each user of Redis may do, as lines of its configuration: a role's process does what its role does.

A role reads its own inbox, sends to others' without reading them, and says nothing in the CEO's: that is the office's.
Needs Redis 7 or Valkey: without selectors, who may publish on a channel may also listen to it.

Not promised: that who may send to an inbox cannot spoil it (XADD may trim). The ledger sends again what was lost.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from damascus.bus.keys import Keys
from damascus.core.errors import DamascusError
from damascus.core.records.roles import PLANNER
from damascus.core.settings import load

FOUNDER = "founder"  # who runs the company, and their own programs: everything
OFFICE = "office"
CEO = "ceo"
EVERY_USER = "-@all +ping +multi +exec +discard"
LISTEN = "+psubscribe +punsubscribe +subscribe +unsubscribe"


@dataclass(frozen=True, slots=True)
class BusUser:
    """A user of Redis, and the roles whose inboxes it reads; the founder and the office have none."""

    name: str
    password: str
    roles: tuple[str, ...] = ()

    def url(self, host: str, port: int) -> str:
        """Return the address by which this user reaches Redis."""
        return f"redis://{self.name}:{self.password}@{host}:{port}/0"


def acl_lines(users: Sequence[BusUser], keys: Keys) -> list[str]:
    """Return a line `user ...` for each user and for the default user, who may nothing; passwords are hashed."""
    roles = sorted({role for user in users for role in user.roles})
    return ["user default off", *(f"user {user.name} on {_hash(user)} {_rights(user, roles, keys)}" for user in users)]


def _rights(user: BusUser, roles: Sequence[str], keys: Keys) -> str:
    if user.name == FOUNDER:
        return "~* &* +@all"
    if user.name == OFFICE:
        heard = [keys.channel(CEO), keys.channel(PLANNER), keys.changes, keys.live("*")]
        to, said = [f"{keys.prefix}:*"], [f"{keys.prefix}:*"]
    else:
        heard = [keys.channel(role) for role in user.roles]
        to = [*map(keys.channel, roles), keys.status, keys.system, *map(keys.check, user.roles)]
        said = [*to, keys.changes, keys.live("*")]
    own = [f"~{key(role)}" for role in user.roles for key in (keys.channel, keys.check)]
    rights = [EVERY_USER, LISTEN, *(f"&{channel}" for channel in heard)]
    if own:
        rights.append(_selector("+xreadgroup +xautoclaim +xack +xgroup|create", own))
    rights.append(_selector("+xadd", [f"%W~{key}" for key in to]))
    rights.append(_selector("+publish", [f"&{channel}" for channel in said]))
    return " ".join(rights)


def _selector(commands: str, patterns: Sequence[str]) -> str:
    return f"({commands} {' '.join(patterns)})"


def _hash(user: BusUser) -> str:
    return f"#{hashlib.sha256(user.password.encode()).hexdigest()}"


def main(lines: Sequence[str], environment: dict[str, str]) -> str:
    """Return the configuration for users who are given as lines `NAME PASSWORD [ROLE ...]`."""
    users = [BusUser(name, password, tuple(roles)) for name, password, *roles in map(str.split, lines)]
    prefix = load(Path.cwd(), environment).redis.channels.prefix
    return "".join(f"{line}\n" for line in acl_lines(users, Keys(prefix)))


if __name__ == "__main__":
    try:
        sys.stdout.write(main(sys.stdin.readlines(), {}))
    except DamascusError as error:
        sys.exit(f"setup: {error}")
