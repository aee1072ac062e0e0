"""Compose's set-up of Gitea: the company gets a user of its own, and its token file holds a token or nothing."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts/compose/gitea-setup.sh"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
GITEA = """#!/bin/sh
echo "$*" >>"{asked}"
echo '2026/11/29 08:03:25 setting.go:198:load() [W] Deprecated setting, please change it'
case $* in
  *" list"*) printf 'ID Username Email\\n1 %s x@y\\n' "{known}" ;;
  *generate-access-token*) {made} ;;
esac
"""


class Machine:
    """A Gitea that prints warnings before all that it prints, and where the script writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token, self.asked, self.password = folder / "token", folder / "asked", folder / "password"
        self.password.write_text("what setup made\n")

    def run(self, made: str = f"echo {TOKEN}", known: str = "nobody") -> subprocess.CompletedProcess[str]:
        gitea = self.folder / "bin/gitea"
        gitea.parent.mkdir(exist_ok=True)
        gitea.write_text(GITEA.format(asked=self.asked, known=known, made=made))
        gitea.chmod(0o755)
        env = {
            "PATH": f"{gitea.parent}:{os.environ['PATH']}", "TOKEN_FILE": str(self.token), "GITEA_COMPANY": "damascus",
            "PASSWORD_FILE": str(self.password), "GITEA_ADMIN": "founder", "STAFF_FILE": str(self.folder / "staff"),
        }  # fmt: skip
        return subprocess.run(["sh", SCRIPT], env=env, capture_output=True, text=True, timeout=30)

    def commands(self, of: str) -> list[str]:
        return [line for line in self.asked.read_text().splitlines() if of in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_token_is_the_companys_own_users_and_alone_in_its_file(machine: Machine) -> None:
    assert machine.run().returncode == 0
    assert machine.token.read_text() == f"{TOKEN}\n"
    assert machine.token.stat().st_mode & 0o777 == 0o600
    admin, company = machine.commands(" create ")
    assert "--admin" in admin
    assert "--username founder" in admin
    assert "--password what setup made" in admin
    assert "--username damascus" in company
    assert "--restricted" in company
    assert "--admin" not in company
    (made,) = machine.commands("generate-access-token")
    assert "--username damascus" in made


@pytest.mark.parametrize("made", ["true", "echo 'Access token was successfully created'", "exit 1"])
def test_without_a_token_there_is_no_file_and_one_line(machine: Machine, made: str) -> None:
    done = machine.run(made)
    assert done.returncode == 1
    assert "printed no token for damascus" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not machine.token.exists()


def test_without_a_password_from_setup_nobody_is_made_and_one_line_says_so(machine: Machine) -> None:
    machine.password.unlink()
    done = machine.run()
    assert done.returncode == 1
    assert "there is no password for founder; run 'docker compose up' again" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not machine.commands(" create ")
    assert not machine.token.exists()


def test_what_is_there_already_stays(machine: Machine) -> None:
    machine.token.write_text("theirs\n")
    assert machine.run().returncode == 0
    assert machine.token.read_text() == "theirs\n"
    assert not machine.asked.exists()
    machine.token.unlink()
    machine.run(known="founder")
    (made,) = machine.commands(" create ")
    assert "--username damascus" in made


def test_each_member_of_the_staff_is_a_user_with_a_picture_once(machine: Machine) -> None:
    curl = machine.folder / "bin/curl"
    curl.parent.mkdir()
    curl.write_text(f'#!/bin/sh\necho "$* $(cat)" >>"{machine.folder}/sent"\n')
    curl.chmod(0o755)
    lines = [f"{name}\t{name}@damascus.local\tName of {name}\tcGljdHVyZQ==\n" for name in ("jordan.kim", "alex.chen")]
    (machine.folder / "staff").write_text("".join(lines))
    assert machine.run(known="alex.chen").returncode == 0
    (made,) = machine.commands("jordan.kim")
    assert "--email jordan.kim@damascus.local" in made
    assert "--restricted" in made
    assert machine.commands("alex.chen") == []
    name, picture = (machine.folder / "sent").read_text().splitlines()
    assert name.endswith(
        "PATCH -H Content-Type: application/json --data-binary @- "
        'http://gitea:3000/api/v1/user/settings {"full_name": "Name of jordan.kim"}'
    )
    assert picture.endswith('http://gitea:3000/api/v1/user/avatar {"image": "cGljdHVyZQ=="}')
    assert machine.token.exists()
