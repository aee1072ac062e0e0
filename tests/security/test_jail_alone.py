"""A workshop that is alone in its network, as in its container: what its commands share leads no further."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from damascus.workshop.jail.job import Loopback
from damascus.workshop.port import Workshop
from tests.fixtures.jailed import LIBC
from tests.fixtures.workshop_server import workshop_alone
from tests.security.test_jail_network import OWN_LOOPBACK, TRICKS, WAYS, heard, listening, reaching


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Workshop]:
    with workshop_alone(tmp_path, "--alone") as workshop:
        yield workshop


async def attack(workshop: Workshop, place: Path, program: str) -> str:
    folder = place / "code"
    folder.mkdir()
    (folder / "attack.py").write_text(dedent(LIBC) + dedent(program))
    return (await workshop.run("exec python3 attack.py", folder)).output


@pytest.mark.attack("servers of the machine, from the container's loopback", OWN_LOOPBACK)
async def test_a_shared_loopback_leads_to_no_server_outside(alone: Workshop, tmp_path: Path) -> None:
    """Class: a command is alone in its network. TCP, UDP, and Unix sockets with and without a path."""
    with listening() as (servers, told):
        output = await attack(alone, tmp_path, reaching(told))
        assert (await alone.facts()).loopback == Loopback.SHARED
        assert output.endswith("tried\n"), output
        assert "CONNECTED" not in output
        assert [heard(server) for server in servers] == [False] * len(servers)


@pytest.mark.attack("more of a container's network than its loopback", OWN_LOOPBACK)
async def test_no_trick_makes_more_of_a_shared_loopback(alone: Workshop, tmp_path: Path) -> None:
    """Class: rights end at the door. Devices, routes, raw packets, namespaces, and what root of a namespace may do."""
    lines = "\n".join(f"    attempt({name!r}, {trick})" for name, trick in TRICKS.items())
    output = await attack(alone, tmp_path, f"{WAYS}{lines}\n    print('all tried')\n")
    assert "WORKED" not in output
    assert output.count("refused") == len(TRICKS)
    assert output.endswith("all tried\n")
