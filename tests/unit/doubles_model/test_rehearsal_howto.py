"""docs/how-to/rehearse.md is true: its commands work, its script loads, its table names every fault."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import damascus
from damascus.doubles.model.__main__ import option_parser
from damascus.doubles.model.faults import CONTENT_FAULTS, QUIRK, TRANSPORT_FAULTS
from damascus.doubles.model.script import load_steps

PAGE = (Path(damascus.__file__).parents[1] / "docs/how-to/rehearse.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("curl")])
def test_each_command_gets_json(url: str, command: str) -> None:
    port = url.rpartition(":")[2]
    ran = subprocess.run(command.replace("8099", port), shell=True, capture_output=True, text=True, check=True)
    answer: Any = json.loads(ran.stdout)
    expects_error = '"fault": "429"' in command
    assert ("error" in answer) == expects_error


def test_the_start_command_is_understood() -> None:
    start = next(line for line in COMMANDS if line.startswith("python"))
    options = option_parser().parse_args(start.split()[3:])
    assert (options.port, options.latency) == (8099, 0.2)


def test_every_option_is_in_the_table() -> None:
    known = set(re.findall(r"(?<!\w)--[a-z-]+", option_parser().format_help()))
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) == known - {"--help"}


def test_every_fault_is_in_the_table() -> None:
    table = PAGE.partition("| fault |")[2].partition("\n\n")[0]
    names = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(names) == sorted({QUIRK, *CONTENT_FAULTS, *TRANSPORT_FAULTS})


def test_the_script_loads(tmp_path: Path) -> None:
    script = tmp_path / "play.yaml"
    script.write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    limited, planned = load_steps(script)
    assert limited.fault is not None
    assert limited.times == 2
    assert planned.answers[0]["tool_calls"][0]["name"] == "submit_plan"


def test_the_misbehaviour_loads(tmp_path: Path) -> None:
    script = tmp_path / "flatterer.yaml"
    script.write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    flatters, plans = load_steps(script)
    assert flatters.match["directive"] == plans.match["directive"] == "[flatterer]"
    assert (len(flatters.answers), flatters.times, plans.match["kind"]) == (2, 2, "plan")


def test_the_gullible_model_loads(tmp_path: Path) -> None:
    script = tmp_path / "gullible.yaml"
    script.write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[2])
    obeys, leaves, _ = load_steps(script)
    assert obeys.obeys
    assert "$order" in leaves.answers[0]["tool_calls"][0]["arguments"]["text"]
