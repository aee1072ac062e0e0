"""A command runs on a plain Python and Node, with what its repository declares and nothing of the company's."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.workshop import declarations, packages
from damascus.workshop.declarations import MAX_QUOTED_CHARS
from damascus.workshop.environment import make_environment
from damascus.workshop.local import LocalWorkshop

COMPANYS = ("httpx", "yaml", "pydantic", "pytest", "damascus", "setuptools", "pip")


def declared(workspace: Path, text: str, name: str = "requirements.txt") -> list[str]:
    (workspace / name).write_text(text)
    return [str(requirement) for requirement in declarations.read(workspace).python]


async def test_nothing_of_the_company_s_can_be_imported(workshop: LocalWorkshop, workspace: Path) -> None:
    program = f"import importlib.util as u; print([n for n in {COMPANYS} if u.find_spec(n)])"
    result = await workshop.run(f'python3 -c "{program}"; python -c "{program}"', workspace)

    assert result.output == "[]\n[]\n"


async def test_nor_read_where_it_is_installed(workshop: LocalWorkshop, workspace: Path) -> None:
    place = Path(pytest.__file__).parents[1]
    program = f"import sys; sys.path.append('{place}'); import httpx"
    result = await workshop.run(f'ls {place}; cat {place}/pytest/__init__.py; python3 -c "{program}"', workspace)

    assert result.output.count("Permission denied") == 2
    assert "No module named 'httpx'" in result.output


async def test_what_the_repository_declares_is_there_with_its_needs_and_programs(
    workshop: LocalWorkshop, workspace: Path
) -> None:
    (workspace / "requirements.txt").write_text("# for the tests\nPyTest >= 8  # runs them\n")
    command = "pytest --version && python3 -c 'import pytest, pluggy, iniconfig' && python3 -c 'import httpx'"
    result = await workshop.run(command, workspace)

    assert result.output.startswith("pytest ")
    assert "No module named 'httpx'" in result.output
    assert result.missing == ()


async def test_a_command_cannot_change_its_environment(workshop: LocalWorkshop, workspace: Path) -> None:
    command = (
        "e=$(dirname $(dirname $(command -v python3))); touch $e/x; echo > $e/pyvenv.cfg; rm $e/bin/python3; ls $e"
    )
    result = await workshop.run(command, workspace)

    assert result.output.count("denied") == 3
    assert result.output.endswith("bin\nlib\npyvenv.cfg\n")


async def test_an_import_that_fails_says_what_to_do(workshop: LocalWorkshop, workspace: Path) -> None:
    result = await workshop.run("python3 -c 'import pytest'", workspace)
    assert "`pytest` is of pytest: add the line `pytest` to requirements.txt" in result.output

    result = await workshop.run("python3 -c 'import httpx'; python3 -m pip list", workspace)
    assert "`httpx` is neither in the working copy nor in a plain Python" in result.output
    assert "when requirements.txt names them: pytest, playwright]" in result.output
    assert "there is no pip" in result.output


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pytest==9.2 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n", ["pytest==9.2"]),
        ("-r other.txt\n--index-url https://x\n-e .\n./here\n\n# only words\n", []),
        ('colorama ; sys_platform == "win32"\nattrs ; python_version > "3"\n', ['attrs; python_version > "3"']),
        ("\ufeffpytest[testing]~=9.0 # why\r\nwhat is this\n", ["pytest[testing]~=9.0"]),
    ],
)
def test_requirements_are_read_as_pip_reads_them(workspace: Path, text: str, found: list[str]) -> None:
    assert declared(workspace, text) == found


def test_what_cannot_be_read_is_named_as_missing(workspace: Path) -> None:
    declared(workspace, "what is this\nrequests\npytest @ https://example.com/p.whl\npytest>100\n")
    missing = make_environment(declarations.read(workspace)).missing

    version = packages.for_python()["pytest"].version
    assert missing[:2] == ("what is this", "requests")
    assert missing[2].endswith(f"https://example.com/p.whl (the workshop has {version})")
    assert missing[3].startswith("pytest>100 (the workshop has ")


def test_projects_declare_in_their_own_files(workspace: Path) -> None:
    project = (
        '[project]\ndependencies = ["a"]\n[project.optional-dependencies]\ntest = ["b"]\n'
        '[dependency-groups]\ndev = ["c", {include-group = "x"}]\n'
    )
    assert declared(workspace, project, "pyproject.toml") == ["a", "b", "c"]
    assert declared(workspace, "d\n", "requirements-dev.txt") == ["d", "a", "b", "c"]


@pytest.mark.parametrize("text", ["[project]\ndependencies = 3", "[[[", "project = []", "\0", "x = " + "[" * 30_000])
def test_a_hostile_project_declares_nothing(workspace: Path, text: str) -> None:
    assert declared(workspace, text, "pyproject.toml") == []
    (workspace / "package.json").write_text(text)
    assert declarations.read(workspace).node == ()


async def test_a_link_for_a_list_is_not_followed(workshop: LocalWorkshop, workspace: Path, home: Path) -> None:
    (home / "requirements.txt").write_text("s3cret-package\n")
    (workspace / "requirements.txt").symlink_to(home / "requirements.txt")

    assert declarations.read(workspace).python == ()
    assert (await workshop.run("echo fine", workspace)).output == "fine\n"


def test_two_packages_may_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (tmp_path / "shared" / name).mkdir(parents=True)
        (tmp_path / "shared" / name / "__init__.py").write_text("")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "RECORD").write_text(f"shared/{name}/__init__.py,,\n{name}-1.dist-info/METADATA,,\n../../bin/x,,\n")
    (tmp_path / "list.txt").write_text("one # first\n\ntwo\nnot-installed\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    found = packages.for_python(tmp_path / "list.txt")

    assert sorted(found) == ["one", "two"]
    assert sorted(found["one"].links) == ["one-1.dist-info", "shared/one"]
    assert found["two"].links["shared/two"] == tmp_path / "shared" / "two"


def test_npm_packages_are_found_with_their_programs(tmp_path: Path) -> None:
    for name, programs in {"plain": None, "@scope/tool": "cli.js", "many": {"a": "bin/a.js"}}.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text(json.dumps({"name": name, "bin": programs}))
    (tmp_path / ".bin").mkdir()

    found = packages.for_node((tmp_path, tmp_path / "absent"))

    assert sorted(found) == ["@scope/tool", "many", "plain"]
    assert packages.programs_of(found["@scope/tool"]) == {"tool": tmp_path / "@scope/tool/cli.js"}
    assert packages.programs_of(found["many"]) == {"a": tmp_path / "many/bin/a.js"}
    assert packages.programs_of(found["plain"]) == {}


async def test_an_import_statement_finds_what_package_json_declares_and_nothing_else(
    workshop: LocalWorkshop, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("node", path="/usr/local/bin:/usr/bin:/bin"):
        pytest.skip("the workshop has no Node")
    for name in ("padding", "other"):
        package = tmp_path / "npm" / "node_modules" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(json.dumps({"name": name, "type": "module", "exports": "./index.js"}))
        (package / "index.js").write_text("export const pad = (text) => `[${text}]`;")
    monkeypatch.setattr(packages, "for_node", lambda: {"padding": tmp_path / "npm" / "node_modules" / "padding"})
    (workspace / "package.json").write_text('{"type": "module", "dependencies": {"padding": "1"}}')
    (workspace / "a.js").write_text(
        'import fs from "fs"; import { pad } from "padding"; console.log(pad(typeof fs.readFileSync));\n'
        'for (const name of ["other", "./gone.js"]) await import(name).catch((error) => console.log(error.code));'
    )
    result = await workshop.run("node a.js", workspace)

    assert result.output == "[function]\nERR_MODULE_NOT_FOUND\nERR_MODULE_NOT_FOUND\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", 'a; platform_system ~= "Linux"'),  # PEP 508 has it, and no marker of the kind has an order
        ("requirements.txt", f"a; {'(' * 30_000}os_name == 'x'{')' * 30_000}"),
        ("requirements.txt", "a" * 60_000),
        ("requirements.txt", "a\x1b]0;evil\x07 b"),
        ("pyproject.toml", f"[project]\ndependencies = {'[' * 3_000}{']' * 3_000}"),
        ("pyproject.toml", f"x = {'9' * 5_000}"),
        ("pyproject.toml", "project = 1979-05-27"),
        ("package.json", "[" * 60_000),
        ("package.json", '{"dependencies": {"a": ' + "1" * 5_000 + "}}"),
        ("package.json", '{"dependencies": {"../../x": "1", "": "1", "/etc": "1"}}'),
    ],
)
def test_whatever_a_model_declares_there_is_an_environment(workspace: Path, name: str, text: str) -> None:
    """Class: a file of a model's that only we read, and that ends the tool or the check that reads it."""
    (workspace / name).write_text(text)
    made = make_environment(declarations.read(workspace))
    assert all(not place.startswith(("/", "..")) for place in made.links)
    assert not made.has
    assert all(len(told) <= MAX_QUOTED_CHARS and told.isprintable() for told in made.missing)


@given(st.text(max_size=80), st.sampled_from(["a; {}", "{}", "a {}", "a[{}]", "a @ {}", 'a; os_name {} "x"']))
def test_each_line_is_a_requirement_or_named_as_one_that_pip_would_not_take(line: str, form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "requirements.txt").write_bytes(form.format(line).encode("utf-8", "replace"))
        declarations.read(Path(folder))
