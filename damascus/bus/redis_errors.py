"""What a Redis that refuses means, and what to do about it; it is matched by Redis' own words, the first that fits."""

import re

from damascus.core.text import one_line

_OF_PIPELINE = re.compile(r"^Command # \d+ .* of pipeline caused error: \(?(.*?),?\)?$", re.DOTALL)
_WORDS = (
    (r"oom|used memory > 'maxmemory'", "is out of memory: raise `maxmemory` in redis.conf"),
    (r"read only replica|readonly", "is a replica, which takes no writes: point redis.url (REDIS_URL) at the primary"),
    (r"misconf|unable to persist",
     "takes no writes because it cannot save its data: make room on its disk, or let it write to its `dir`"),
    (r"loading", "is still loading its data: wait, it answers once it has"),
    (r"protected mode", "is in protected mode, which refuses other machines: give it a password (`requirepass`) and "
     "write it into redis.url (REDIS_URL)"),
    (r"db index|invalid database|select is not allowed",
     "has no database of that number: correct the number at the end of redis.url (REDIS_URL), mostly 0"),
    (r"hash slot|clusterdown|moved|crossslot|cluster",
     "is a cluster, which cannot send to several inboxes at once: point redis.url (REDIS_URL) at a single Redis"),
    (r"noreplicas|good replicas", "has fewer replicas than `min-replicas-to-write` asks for: start them, or lower it"),
    (r"masterdown|link with (?:master|primary)", "has lost its primary: point redis.url (REDIS_URL) at the primary"),
    (r"max number of clients", "has too many connections: raise `maxclients` in redis.conf"),
    (r"wrongtype", "has another program's data under the company's names: set `redis.channels.prefix` to another word"),
    (r"invalid username|wrongpass|noauth|authentication|invalid password",
     "rejected the password; correct it in redis.url (REDIS_URL)"),
    (r"unknown command|unknown subcommand", "does not know a command that the company needs: use Redis 7 or Valkey"),
)  # fmt: skip
_NO_RIGHT = re.compile(r"noperm|no permissions|not allowed", re.IGNORECASE)


def words_for(error: BaseException, where: str) -> str:
    """Return one line about an error of Redis at `where`: what, where, what to do. Quotes no message."""
    said = _said(error)
    if _NO_RIGHT.search(said) and "maxmemory" not in said and "select" not in said.lower():
        return f"Redis at {where} does not allow this user to do that ({said}); see redis.url"
    for pattern, meaning in _WORDS:
        if re.search(pattern, said, re.IGNORECASE):
            return f"Redis at {where} {meaning} ({said})"
    return f"Redis at {where} does not respond ({said}); see .damascus/logs/redis.log"


def _said(error: BaseException) -> str:
    """Return Redis' own words without the command that it refused, which may hold a message."""
    text = str(error) or type(error).__name__
    found = _OF_PIPELINE.match(text)
    return one_line((found[1] if found else text).strip("'\""), 200)
