"""Redis: each role's process may do there what its role does, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from damascus.bus.acl import main
from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.messages import Message, MessageType
from damascus.supervisor.redis_server import RedisServer
from tests.fixtures.company import Company, write_files

OWN_RIGHTS = "at Redis a role's process does what its role does"
ROOT = Path(__file__).parents[2]
ROLES = ("vp", "pm", "sales", "engineer", "lawyer")
CONNECTING = {"auth", "hello", "quit", "reset"}  # the server refuses them to nobody
REFUSED = "has no permissions|MODULE command not allowed|DEBUG command not allowed"  # the last two to everybody
ROLE_MAY = {
    *CONNECTING, "ping", "multi", "exec", "discard", "subscribe", "psubscribe", "unsubscribe", "punsubscribe",
    "xreadgroup", "xautoclaim", "xack", "xgroup|create", "xadd", "publish",
}  # fmt: skip
OFFICE_MAY = ROLE_MAY - {"xreadgroup", "xautoclaim", "xack", "xgroup|create"}
AT_OTHERS = """
    XADD damascus:ceo * message x              | PUBLISH damascus:ceo x
    XADD damascus:elsewhere * message x        | PUBLISH damascus:elsewhere x
    XADD other:vp * message x                  | PUBLISH other:vp x
    XREADGROUP GROUP vp me STREAMS damascus:vp >
    XREADGROUP GROUP engineer me STREAMS damascus:engineer damascus:vp > >
    XREADGROUP GROUP status me STREAMS damascus:status >
    XAUTOCLAIM damascus:vp vp me 0 0           | XACK damascus:vp vp 0-1
    XGROUP CREATE damascus:vp spy 0            | XGROUP CREATE damascus:ceo spy 0 MKSTREAM
    XGROUP DESTROY damascus:engineer engineer  | XGROUP DESTROY damascus:vp vp
    SUBSCRIBE damascus:vp                      | PSUBSCRIBE damascus:vp
    SUBSCRIBE damascus:ceo                     | PSUBSCRIBE damascus:*
    SUBSCRIBE damascus:live:task_1             | PSUBSCRIBE *
    SUBSCRIBE damascus:engineer damascus:status
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path / "redis", ROOT / "redis.conf", SystemClock(), tmp_path / "log", roles=ROLES)
    await server.start()
    yield server
    server.stop()


def client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, decode_responses=True, socket_timeout=60)


def every_command(server: RedisServer) -> dict[str, int]:
    """What the server knows, with subcommands, and how many words each has at least."""
    found: dict[str, int] = {}
    founder = client(server.url)
    founder.response_callbacks.pop("COMMAND", None)  # as the server says it
    for name, arity, *_, subcommands in founder.execute_command("COMMAND"):
        found.update({sub[0]: abs(sub[1]) for sub in subcommands} or {name: abs(arity)})
    return found


@pytest.mark.attack("a command that no role needs", OWN_RIGHTS)
@pytest.mark.parametrize(("user", "may"), [("engineer", ROLE_MAY), ("vp", ROLE_MAY), ("office", OFFICE_MAY)])
async def test_every_command_of_the_server_but_those_of_the_bus_is_refused(
    server: RedisServer, user: str, may: set[str]
) -> None:
    """Class: at Redis a role's process does what its role does. All that this server knows, whatever its version."""
    commands = every_command(server)
    assert {"flushall", "config|set", "keys", "script|load", "eval", "acl|setuser", "shutdown"} <= commands.keys()
    assert may <= commands.keys()
    hostile = client(server.urls[user])
    for name, words in commands.items():
        if name not in may:
            given = [*name.split("|"), *["damascus:engineer"] * words][: max(words, len(name.split("|")))]
            with pytest.raises(ResponseError, match=REFUSED):
                hostile.execute_command(*given)
    assert server.alive()


@pytest.mark.attack("another role's inbox, the CEO's, a stranger's", OWN_RIGHTS)
@pytest.mark.parametrize("words", [part.split() for line in AT_OTHERS.splitlines() for part in line.split("|") if part])
async def test_what_is_others_is_neither_read_nor_taken_nor_heard(server: RedisServer, words: list[str]) -> None:
    """Class: at Redis a role's process does what its role does. Its commands, at keys and channels of others."""
    client(server.url).xadd("damascus:vp", {"message": "for the VP"})
    client(server.url).xgroup_create("damascus:vp", "vp", "0")
    if words:
        with pytest.raises(NoPermissionError):
            client(server.urls["engineer"]).execute_command(*words)
    assert client(server.url).xpending("damascus:vp", "vp")["pending"] == 0


@pytest.mark.attack("a password that is another's or none", OWN_RIGHTS)
async def test_nobody_gets_in_under_another_name_or_under_none(server: RedisServer) -> None:
    """Class: at Redis a role's process does what its role does. The default user is off; one password, one user."""
    passwords = {name: urlsplit(url).password for name, url in server.urls.items()}
    assert len(set(passwords.values())) == len(ROLES) + 2
    where = server.urls["vp"].rpartition("@")[2]
    for user in ("founder", "office", "vp", "default"):
        with pytest.raises(AuthenticationError):
            client(f"redis://{user}:{passwords['engineer']}@{where}").ping()
    with pytest.raises(AuthenticationError):
        client(f"redis://:{passwords['founder']}@{where}").ping()
    with pytest.raises(AuthenticationError):
        client(f"redis://{where}").ping()


async def _sent(bus: Bus, to: str) -> None:
    await bus.send(Message(sender="engineer", to=to, type=MessageType.STATUS, content="words"))


@pytest.mark.attack("rights that are too few for the work", OWN_RIGHTS)
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_does_its_own_work_and_sends_to_every_other(server: RedisServer, role: str) -> None:
    """Class: at Redis a role's process does what its role does. All that the bus does for it, as its user."""
    bus = Bus(server.urls[role], "damascus", 100, SystemClock())
    for to in (*ROLES, "all"):
        await _sent(bus, to)
    (delivery,) = await bus.receive(role, f"{role}-1", 10)
    assert [again.entry_id for again in await bus.reclaim(role, f"{role}-2", 0)] == [delivery.entry_id]
    await bus.ack(role, [delivery.entry_id])
    await bus.publish_live("task_1", "piece")
    await bus.publish_change(1)
    with pytest.raises(Unavailable, match="does not allow"):
        await _sent(bus, "ceo")
    await bus.close()
    office = Bus(server.urls["office"], "damascus", 100, SystemClock())
    for to in (*ROLES, "all", "ceo"):
        await _sent(office, to)
    await office.close()


@pytest.mark.attack("the configuration for containers", OWN_RIGHTS)
async def test_what_containers_are_given_is_read_by_the_server_and_holds_no_password(
    server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Class: at Redis a role's process does what its role does. As `scripts/compose/setup.sh` has it written."""
    write_files(tmp_path / "root")
    monkeypatch.chdir(tmp_path / "root")
    given = [f"{name} secret-{name}\n" for name in ("founder", "office")]
    written = main([*given, "vp secret-vp vp", "staff secret-staff lawyer writer"], {})
    assert "secret" not in written
    founder = client(server.url)
    for line in written.splitlines():
        founder.execute_command("ACL", "SETUSER", *_arguments(line))
    staff = client(f"redis://staff:secret-staff@{server.url.rpartition('@')[2]}")
    for role in ("lawyer", "writer"):
        staff.xgroup_create(f"damascus:{role}", role, "0", mkstream=True)
    with pytest.raises(NoPermissionError):
        staff.xgroup_create("damascus:vp", "vp", "0", mkstream=True)


def _arguments(line: str) -> list[str]:
    """The words of a line `user ...`, a selector as one."""
    words: list[str] = []
    for word in line.split()[1:]:
        if words and words[-1].startswith("(") and not words[-1].endswith(")"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


@pytest.mark.attack("an agent's process with another's address", OWN_RIGHTS)
def test_each_process_of_a_running_company_has_its_own_address(company: Company) -> None:
    """Class: at Redis a role's process does what its role does. As the kernel shows it, in /proc."""
    for name, child in company.children().items():
        lines = Path(f"/proc/{child['pid']}/environ").read_text(errors="replace").split("\0")
        urls = [line.partition("=")[2] for line in lines if line.startswith("REDIS_URL=")]
        if name in ("redis", "rehearsal", "web"):
            assert not any(urls)
        else:
            assert [urlsplit(url).username for url in urls] == [name.removesuffix("-1")]
