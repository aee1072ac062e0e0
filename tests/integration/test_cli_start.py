"""`ceo run` and `ceo up` from a standing start: one company however many begin it, none when it is broken off."""

import json
import signal
from pathlib import Path

import pytest

from tests.fixtures.company import founded, wait_for

pytestmark = pytest.mark.long


def test_two_who_run_at_once_from_nothing_share_one_company(tmp_path: Path) -> None:
    with founded(tmp_path / "shared") as company:
        both = [company.begin("run", f"[reference] Number {n}", "--json") for n in (1, 2)]
        for process in both:
            out, err = process.communicate(timeout=90)
            assert process.returncode == 0, err
            assert json.loads(out)["status"] == "succeeded"
        assert len(company.json("missions")) == 2
        offices = [p for p in company.processes() if "damascus.office" in p.cmdline()]
        assert len(offices) == 1
        company.down()


def test_ctrl_c_while_the_company_starts_leaves_nothing_running(tmp_path: Path) -> None:
    with founded(tmp_path / "broken-off") as company:
        process = company.begin("run", "[reference] Never given")
        wait_for(lambda: (company.root / ".damascus" / "company.json").exists(), "the first process")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert company.processes() == []
        assert company.ceo("status").returncode == 4


def test_up_in_the_foreground_stops_the_company_when_it_is_told_to_end(tmp_path: Path) -> None:
    with founded(tmp_path / "foreground") as company:
        process = company.begin("up", "--json")
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["started"] is True
        status = company.json("status")
        agents = {"vp-1", "pm-1", "sales-1", "engineer-1"}
        assert {"redis", "rehearsal", "office", "web", *agents} == set(status["processes"])
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert company.processes() == []
        assert [path.name for path in (company.root / ".damascus").glob("ledger*")] == ["ledger.sqlite3"]
