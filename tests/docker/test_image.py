"""The images hold what they need and nothing else, for a user without rights or a name."""

import json
from pathlib import Path

from tests.fixtures.images import ROOT, base_image, confined, docker

LARGEST = 350_000_000
STRANGER = "54321:54321"


def size(image: str) -> int:
    return int(docker("image", "inspect", image, "--format", "{{.Size}}"))


def test_the_company_takes_less_than_350_mb_over_its_base(company_image: str) -> None:
    assert size(company_image) - size(base_image()) < LARGEST


def test_nothing_of_the_repository_is_in_it_but_the_code_and_its_data(company_image: str, workshop_image: str) -> None:
    expected = {".damascus", "agents", "ceo_cli.py", "config.yaml", "damascus", "playbooks", "shared"}
    listed = {"config"}  # which packages a command may have, by name
    for image, there in ((company_image, expected), (workshop_image, expected | listed)):
        assert set(confined(image, "ls", "-A", "/company").split()) == there
        assert confined(image, "find", "/company", "-name", ".env*").strip() == ""


def test_the_page_was_built_into_it(company_image: str) -> None:
    files = confined(company_image, "find", "/company/damascus/office/static", "-type", "f").split()
    assert "/company/damascus/office/static/index.html" in files
    assert [name for name in files if name.endswith(".js.br")] != []


def test_no_layer_names_a_package_index_or_holds_a_secret(company_image: str) -> None:
    told = docker("image", "inspect", company_image, "--format", "{{json .Config}}")
    names = {word.partition("=")[0] for word in json.loads(told)["Env"]}
    assert names == {
        "PATH", "HOME", "USER", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "DAMASCUS_HOME", "DAMASCUS_SHARED",
    } | (names & {"GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256", "LANG"})  # fmt: skip


def test_a_user_without_a_name_runs_every_part_of_the_company(company_image: str) -> None:
    for command in (
        ["ceo", "--help"],
        ["python3", "-m", "agents.main", "--help"],
        ["python3", "-m", "damascus.doubles.model", "--help"],
        ["python3", "-c", "import damascus.office.__main__, damascus.supervisor.__main__, asyncpg"],
        ["git", "--version"],
    ):
        confined(company_image, *command, user=STRANGER)


def test_a_user_without_a_name_commits_and_pushes(company_image: str) -> None:
    program = """
import asyncio, pathlib
from damascus.core.records.authors import Author
from damascus.forge.local import LocalForge
async def main():
    place = pathlib.Path("/tmp/x")
    forge = LocalForge(place / "git", place / "git-dirs")
    made = await forge.create_repository("app", "an app", "mis_1")
    await forge.open_workspace(made, place / "code")
    (place / "code/a.py").write_text("x = 1")
    sha = await forge.commit(place / "code", "Add a", Author("Jo", "jo@x"))
    assert await forge.push(place / "code", made) == sha
asyncio.run(main())
"""
    confined(company_image, "python3", "-c", program, user=STRANGER)


def test_nobody_can_write_to_the_code(company_image: str) -> None:
    said = docker("run", "--rm", "--user", "1000:1000", company_image, "sh", "-c",
                  "for f in /company/agents/main.py /opt/venv/bin/python3 /company/new /usr/local/bin/ceo; do"
                  " [ -w $f ] && echo writable $f; touch $f && echo touched $f; done; true")  # fmt: skip
    assert said == ""


def test_the_workshop_has_the_programs_that_are_promised(workshop_image: str) -> None:
    for command in ("node", "npm", "git", "gcc", "make", "python3", "pytest"):
        confined(workshop_image, command, "--version")


def test_every_python_package_is_the_one_of_the_lock_file(company_image: str) -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    words = [line.split()[0].split("==") for line in lines if "==" in line.split("#")[0]]
    locked = {name.lower().replace("_", "-").partition("[")[0]: version.rstrip(";\\") for name, version in words}
    program = (
        "import json, importlib.metadata as m; "
        "print(json.dumps({d.name.lower().replace('_', '-').replace('.', '-'): d.version for d in m.distributions()}))"
    )
    installed = json.loads(confined(company_image, "python3", "-c", program))
    assert len(installed) > 30
    assert {name: version for name, version in installed.items() if locked.get(name) != version} == {}
    assert not {"mypy", "ruff", "hypothesis"} & set(installed), "tools for development have no place here"


def test_the_docker_file_asks_no_registry_for_its_syntax() -> None:
    assert not Path(ROOT, "agents/Dockerfile").read_text().startswith("# syntax")
