"""What every workshop promises, whatever it is made of."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.core.clock import FixedClock, SystemClock
from damascus.core.errors import Invalid, WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.jail import loopback
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import Workshop
from tests.fixtures.processes import of, until
from tests.fixtures.workshop_server import LIMITS, WorkshopServer, workshop_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkshopServer]:
    options = ["--alone"] if loopback.is_only() else []  # as the image starts it, where the tests run in there
    with workshop_server(tmp_path_factory.getbasetemp(), *options) as started:
        yield started


@pytest.fixture(params=["local", "remote"])
def workshop(request: pytest.FixtureRequest) -> Workshop:
    local = LocalWorkshop(LIMITS, SystemClock(), alone=loopback.is_only())
    try:
        local.check()
    except WorkshopRefused as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))
    if request.param == "local":
        return local
    server: WorkshopServer = request.getfixturevalue("server")
    return server.workshop()


async def test_a_command_runs_in_its_workspace_and_leaves_its_files_there(workshop: Workshop, tmp_path: Path) -> None:
    result = await workshop.run("pwd; echo hello > file", tmp_path)

    assert result.output.strip() == str(tmp_path)
    assert (tmp_path / "file").read_text() == "hello\n"
    assert (result.exit_code, result.timed_out) == (0, False)
    assert 0 < result.seconds < 30


async def test_both_outputs_come_in_the_order_they_were_written(workshop: Workshop, tmp_path: Path) -> None:
    result = await workshop.run("echo 1; echo 2 >&2; echo 3; echo 4 >&2", tmp_path)

    assert result.output == "1\n2\n3\n4\n"


@pytest.mark.parametrize(
    ("command", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("no-such-program", 127), ("(", 2), ("", 0)]
)
async def test_a_command_that_fails_is_a_result(workshop: Workshop, tmp_path: Path, command: str, code: int) -> None:
    result = await workshop.run(command, tmp_path)

    assert result.exit_code == code


async def test_nobody_waits_for_input(workshop: Workshop, tmp_path: Path) -> None:
    result = await workshop.run("cat; read line; echo got:$line; python3 -c 'input()'; echo $?", tmp_path)

    assert result.output.startswith("got:\n")
    assert "EOFError" in result.output


async def test_time_over_is_a_result_too(workshop: Workshop, tmp_path: Path) -> None:
    result = await workshop.run("echo so far; sleep 60", tmp_path, seconds=0.5)

    assert result.timed_out
    assert result.exit_code == 124
    assert result.output.startswith("so far\n")


async def test_nobody_can_ask_for_more_time_than_the_limit(tmp_path: Path) -> None:
    short = LocalWorkshop(WorkshopSettings(seconds=0.5), SystemClock())

    assert (await short.run("sleep 60", tmp_path, seconds=1000)).timed_out


async def test_head_and_tail_of_a_long_output_are_kept(workshop: Workshop, tmp_path: Path) -> None:
    result = await workshop.run("seq 100000", tmp_path)

    assert result.output.startswith("1\n2\n3\n")
    assert result.output.endswith("99999\n100000\n")
    assert "bytes left out]" in result.output
    assert len(result.output) < 4200


async def test_two_commands_at_once_do_not_disturb_each_other(workshop: Workshop, tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("a", "b")]
    for place in places:
        place.mkdir()
    slow, quick, late = await asyncio.gather(
        workshop.run('echo "$HOME"; echo a > "$HOME/x"; sleep 1; cat "$HOME/x"; touch done', places[0]),
        workshop.run(f'echo "$HOME"; ls {places[0]}; rm -rf {places[0]}; echo b', places[1]),
        workshop.run("sleep 60", places[1], seconds=0.5),
    )

    assert slow.exit_code == 0
    assert slow.output.endswith("\na\n")
    assert quick.output.splitlines()[0] != slow.output.splitlines()[0]
    assert late.timed_out
    assert (places[0] / "done").exists()


async def test_many_at_once_and_again_and_again(workshop: Workshop, tmp_path: Path) -> None:
    results = await asyncio.gather(*(workshop.run(f"echo {n}", tmp_path) for n in range(20)))

    assert [result.output for result in results] == [f"{n}\n" for n in range(20)]


async def test_text_of_any_kind_goes_through(workshop: Workshop, tmp_path: Path) -> None:
    result = await workshop.run("printf '%s' 'ünïcode \"quoted\" $HOME `x`\n\ttab'; printf '\\377'", tmp_path)

    assert result.output == 'ünïcode "quoted" $HOME `x`\n\ttab\N{REPLACEMENT CHARACTER}'


@pytest.mark.parametrize("command", ["echo a\0b", "echo " + "x" * 200_000])
async def test_what_no_shell_can_take_is_invalid(workshop: Workshop, tmp_path: Path, command: str) -> None:
    with pytest.raises(Invalid, match="command"):
        await workshop.run(command, tmp_path)


async def test_a_workspace_that_is_not_there_is_invalid(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="nowhere"):
        await workshop.run("true", tmp_path / "nowhere")


async def test_when_the_caller_is_cancelled_nothing_of_the_command_is_left(workshop: Workshop, tmp_path: Path) -> None:
    command = "(setsid sleep 60 &); (while :; do date +%N > ticks; done &); touch begun; sleep 60"
    running = asyncio.create_task(workshop.run(command, tmp_path))
    await until((tmp_path / "begun").exists)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert of(tmp_path) == []


async def test_a_caller_that_is_cancelled_at_once_starts_nothing_that_stays(workshop: Workshop, tmp_path: Path) -> None:
    for turns in range(10):
        running = asyncio.create_task(workshop.run("sleep 60", tmp_path))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert of(tmp_path) == []

    assert (await workshop.run("echo still here", tmp_path)).output == "still here\n"


async def test_time_is_taken_from_the_companys_clock(tmp_path: Path) -> None:
    result = await LocalWorkshop(WorkshopSettings(), FixedClock()).run("true", tmp_path)

    assert result.seconds == 0


SERVE = (
    "python3 -c \"import socket; s = socket.create_server(('127.0.0.1', 7777)); print('up', flush=True); "
    "open('up', 'w').close(); s.accept()[0].send(b'hello'); import time; time.sleep(60)\""
)
ASK = "python3 -c \"import socket; print(socket.create_connection(('127.0.0.1', 7777), 9).recv(9))\""


async def test_a_command_in_the_background_is_reached_by_later_ones_and_nothing_of_it_is_left(
    workshop: Workshop, tmp_path: Path
) -> None:
    server = await workshop.start(SERVE, tmp_path)
    await until((tmp_path / "up").exists)

    assert (await workshop.run(ASK, tmp_path)).output == "b'hello'\n"
    assert await server.output() == "up\n"
    assert server.result is None
    await server.stop()
    assert of(tmp_path) == []
    assert "refused" in (await workshop.run(ASK, tmp_path)).output


async def test_a_command_in_the_background_that_ends_has_a_result(workshop: Workshop, tmp_path: Path) -> None:
    ended = await workshop.start("echo done; exit 3", tmp_path)
    await ended.wait()

    assert ended.result is not None
    assert (ended.result.exit_code, await ended.output()) == (3, "done\n")


async def test_a_workspace_has_only_so_many_in_the_background(workshop: Workshop, tmp_path: Path) -> None:
    running = [await workshop.start("sleep 60", tmp_path) for _ in range(LIMITS.background_commands)]
    with pytest.raises(Invalid, match=r"workshop\.background_commands"):
        await workshop.start("sleep 60", tmp_path)
    for command in running:
        await command.stop()

    await (await workshop.start("true", tmp_path)).wait()
    assert of(tmp_path) == []
