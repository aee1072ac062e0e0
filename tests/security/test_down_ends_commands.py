"""After `ceo down`, and after the next `ceo up`, no process of a command runs, also of a company that was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations

import psutil
import pytest

from tests.fixtures.company import CEO, Company, founded, wait_for
from tests.fixtures.model import ROOT, one, plans, rehearsal, says
from tests.fixtures.processes import of

ENDS = "a command ends when it ends"
TREE = "for i in 1 2; do (setsid sh -c 'sleep 1000 & sleep 1000' &); done; sleep 1000 & touch begun; sleep 1000"
VICTIMS = ("office", "agent", "launcher", "keeper")
COMBINATIONS = [names for size in range(1, 4) for names in combinations(VICTIMS[1:], size)] + [VICTIMS]
# as in most containers: with PID namespaces the kernel alone ends what a keeper leaves
WITHOUT_NAMESPACES = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.fixtures.jailed import forbid_namespaces
forbid_namespaces()
os.execv(sys.argv[1], sys.argv[1:])
"""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that does not run yet, with a folder of its own for temporary files."""
    folder = tmp_path_factory.mktemp("down")
    (folder / "tmp").mkdir()
    with rehearsal(folder) as model, founded(folder / "root", model, {"TMPDIR": str(folder / "tmp")}) as company:
        yield company


def up(company: Company) -> None:
    """Start the company where no process of it can make a namespace."""
    subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES, *CEO, "up", "--detach"], cwd=company.root, env=company.env,
        check=True, timeout=90,
    )  # fmt: skip


class Command:
    """A jailed command that an agent runs, and all that could be killed around it."""

    def __init__(self, company: Company) -> None:
        company.model.begin()
        cancel_all(company)  # what an earlier story left would be tried again, alone
        company.model.play(plans(one("notes", "pm")), says("run_command", {"command": TREE}, role="pm", times=0))
        slug = company.mission(company.give("Take notes"))["slug"]
        self.workspace = company.root / ".damascus/workspaces/code" / slug / "scratch-pm"
        wait_for((self.workspace / "begun").exists, "the command to have begun")
        agent = psutil.Process(company.children()["pm-1"]["pid"])
        ancestors = of(self.workspace)[0].parents()
        launcher, keeper = (ancestors[ancestors.index(agent) - generations] for generations in (1, 2))
        office, supervisor = psutil.Process(company.children()["office"]["pid"]), psutil.Process(company.supervisor())
        self.ours = {
            "office": office, "agent": agent, "launcher": launcher, "keeper": keeper, "supervisor": supervisor
        }  # fmt: skip
        wait_for(lambda: len(of(self.workspace)) >= 8, "its whole tree")

    def kill(self, *names: str) -> None:
        """SIGKILL these in one moment: those that stand still notice nothing of each other's end."""
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for name in names:
                os.kill(self.ours[name].pid, sign)

    def ends(self) -> None:
        """What a living launcher or keeper has to end may take a moment; what nobody ends is waited for in vain."""
        wait_for(lambda: of(self.workspace) == [], "the end of the command", 20)


def cancel_all(company: Company) -> None:
    for mission in company.get("/api/missions")["items"]:
        company.ask("POST", f"/api/missions/{mission['id']}/cancel")


@pytest.mark.attack("kills around a command, then `ceo down`", ENDS)
@pytest.mark.parametrize("victims", COMBINATIONS, ids="+".join)
def test_down_leaves_nothing_of_a_command(place: Company, victims: tuple[str, ...]) -> None:
    """Class: nothing outlives its launcher: `ceo down` ends what nobody is left to end."""
    up(place)
    command = Command(place)
    command.kill(*victims)
    place.json("down")

    command.ends()


@pytest.mark.attack("a company that is killed as a whole, then `ceo down`", ENDS)
def test_down_ends_what_a_killed_company_left(place: Company) -> None:
    """Class: nothing outlives its launcher. There is no company any more, and `ceo down` looks for its commands."""
    up(place)
    command = Command(place)
    command.kill("supervisor", *VICTIMS)
    assert of(command.workspace)

    assert place.json("down") == {"stopped": False}
    command.ends()


@pytest.mark.attack("a company that is killed as a whole, then `ceo up`", ENDS)
def test_the_next_start_ends_what_a_killed_company_left(place: Company) -> None:
    """Class: nothing outlives its launcher. The next company ends the last one's commands before it begins."""
    up(place)
    command = Command(place)
    survivors = of(command.workspace)
    command.kill("supervisor", *VICTIMS)
    up(place)

    wait_for(lambda: not any(process in survivors for process in of(command.workspace)), "the end of the command", 20)
    cancel_all(place)
    place.json("down")
