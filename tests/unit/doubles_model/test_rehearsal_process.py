"""The server as a process: how it is started, what it counts, how it ends."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import damascus
from damascus.doubles import model

ROOT = Path(damascus.__file__).parents[1]


def test_it_says_plainly_that_no_real_model_is_used() -> None:
    command = [sys.executable, "-m", "damascus.doubles.model", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.terminate()  # as soon as it has printed where it is, before it serves
        assert process.wait(60) == 0
    assert line.startswith("rehearsal model on http://127.0.0.1:")
    assert line.endswith("/v1 (it plays a script; no real model is used)\n")
    assert model.NAME == "rehearsal"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_a_call_hangs(spawn: Any, number: signal.Signals) -> None:
    process, url = spawn()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as caller:
        body = b'{"messages": [{"role": "user"}], "rehearsal": {"fault": "hang"}}'
        caller.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        while not httpx.get(f"{url}/stats").json()["calls"]:
            pass
        process.send_signal(number)
        assert process.wait(60) == 0


def test_the_port_file_holds_a_port_that_answers(spawn: Any, tmp_path: Path) -> None:
    spawn("--port-file", str(tmp_path / "port"))
    port = int((tmp_path / "port").read_text())
    assert httpx.get(f"http://127.0.0.1:{port}/health").json()["model"] == "rehearsal"
    assert [path.name for path in tmp_path.iterdir()] == ["port"]


def test_a_port_that_is_taken_is_one_clear_line(spawn: Any) -> None:
    _, url = spawn()
    command = [sys.executable, "-m", "damascus.doubles.model", "--port", url.rpartition(":")[2]]
    second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert second.returncode == 2
    assert "choose another --port" in second.stderr
    assert second.stderr.count("\n") == 1


def test_it_ends_when_the_process_it_belongs_to_is_gone(spawn: Any) -> None:
    with subprocess.Popen(["sleep", "60"]) as owner:
        process, url = spawn("--parent-pid", str(owner.pid))
        assert httpx.get(f"{url}/health").status_code == 200
        owner.kill()
    assert process.wait(60) == 0


def test_a_script_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    script = tmp_path / "play.yaml"
    script.write_text("- fault: sneeze\n")
    command = [sys.executable, "-m", "damascus.doubles.model", "--script", str(script)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert result.returncode == 2
    assert str(script) in result.stderr
    assert "sneeze" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_figures_say_who_asked_for_what(url: str, chat: Any, request_for: Any) -> None:
    chat(request_for("pm", "work", deliverable="report `ideas`", metadata={"task": "task_9", "mission": "mis_1"}))
    chat(request_for("pm", "work", deliverable="report `ideas`", metadata={"task": "task_9", "mission": "mis_1"}))
    chat(request_for("vp", "plan", rehearsal={"fault": "500"}))
    stats = httpx.get(f"{url}/stats").json()
    assert (stats["calls"], stats["answered"], stats["distinct"]) == (3, 2, 1)
    assert stats["by_role"] == {"pm": 2, "vp": 1}
    assert stats["by_task"] == {"task_9": 2, "task_vp_plan_1": 1}
    assert stats["by_kind"] == {"work": 2, "plan": 1}
    assert stats["by_model"] == {"rehearsal": 3}
    assert stats["by_fault"] == {"500": 1}
    assert stats["cost_usd"] == pytest.approx(
        stats["tokens"]["input"] * 0.15e-6 + stats["tokens"]["output"] * 0.60e-6, abs=1e-8
    )


async def test_a_call_whose_caller_left_is_not_counted_as_answered(url: str, request_for: Any) -> None:
    async with httpx.AsyncClient() as client:
        body = request_for("pm", "work", rehearsal={"latency": 5})
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{url}/v1/chat/completions", json=body, timeout=httpx.Timeout(60, read=0.2))
        stats = (await client.get(f"{url}/stats")).json()
    assert (stats["calls"], stats["answered"]) == (1, 0)


async def test_sixty_calls_at_once_wait_together_and_not_in_a_row(url: str, request_for: Any) -> None:
    limits = httpx.Limits(max_connections=61)
    async with httpx.AsyncClient(limits=limits, timeout=120) as client, asyncio.timeout(100):
        bodies = [request_for("pm", "work", key=str(n), rehearsal={"latency": 3600}) for n in range(60)]
        calls = [asyncio.create_task(client.post(f"{url}/v1/chat/completions", json=body)) for body in bodies]
        while (stats := (await client.get(f"{url}/stats")).json())["calls"] < 60:
            await asyncio.sleep(0.01)
        assert stats["answered"] == 0
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        answers = [await client.post(f"{url}/v1/chat/completions", json=request_for("pm", "work")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
