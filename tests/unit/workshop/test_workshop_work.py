"""Normal work works in the jail."""

import shutil
from pathlib import Path

import pytest

from damascus.workshop.local import LocalWorkshop

needs_node = pytest.mark.skipif(not shutil.which("node", path="/usr/local/bin:/usr/bin"), reason="no node")
needs_cc = pytest.mark.skipif(not shutil.which("cc", path="/usr/local/bin:/usr/bin"), reason="no C compiler")


async def test_git_inits_commits_branches_and_clones(workshop: LocalWorkshop, workspace: Path) -> None:
    result = await workshop.run(
        "set -e; export GIT_AUTHOR_NAME=J GIT_AUTHOR_EMAIL=j@x GIT_COMMITTER_NAME=J GIT_COMMITTER_EMAIL=j@x;"
        "git init -q -b main repo; cd repo; echo one > a; git add a; git commit -qm first; git switch -qc topic;"
        "echo two >> a; git commit -qam second; git switch -q main; git merge -q topic; cd ..;"
        "git clone -q repo copy; cd copy; git gc -q; git log --format=%s; git status --short",
        workspace,
    )

    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-2:] == ["second", "first"]


async def test_unittest_and_pytest_run(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "requirements.txt").write_text("pytest\n")
    (workspace / "test_sum.py").write_text(
        "import asyncio, subprocess, sys, threading, unittest\n"
        "class Sums(unittest.TestCase):\n"
        "    def test_child(self):\n"
        "        out = subprocess.run([sys.executable, '-c', 'print(1 + 1)'], capture_output=True, timeout=20)\n"
        "        self.assertEqual(out.stdout, b'2\\n')\n"
        "    def test_loop(self):\n"
        "        async def child():\n"
        "            p = await asyncio.create_subprocess_exec('echo', 'x', stdout=-1)\n"
        "            return await p.communicate()\n"
        "        self.assertEqual(asyncio.run(child())[0], b'x\\n')\n"
        "    def test_ending(self):\n"
        "        p = subprocess.Popen(['sleep', '1000']); p.terminate(); self.assertEqual(p.wait(), -15)\n"
    )

    result = await workshop.run("python3 -m unittest -q && python3 -m pytest -q -p no:cacheprovider", workspace)

    assert result.exit_code == 0, result.output
    assert "3 passed" in result.output


async def test_a_failing_test_fails_the_command(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "requirements.txt").write_text("pytest\n")
    (workspace / "test_no.py").write_text("def test_no():\n    assert 1 + 1 == 3\n")

    result = await workshop.run("python3 -m pytest -q -p no:cacheprovider", workspace)

    assert result.exit_code == 1
    assert "assert (1 + 1) == 3" in result.output


async def test_pipelines_redirections_and_substitutions_work(workshop: LocalWorkshop, workspace: Path) -> None:
    result = await workshop.run(
        "printf 'b\\na\\n' | sort | tee sorted | wc -l; diff <(sort sorted) sorted && cat <<X\nhere $((1+2))\nX\n"
        "yes | head -1; echo $(find . -type f | xargs -n1 basename); date -d @0 +%Y; getent passwd 0 | cut -d: -f1",
        workspace,
    )

    assert result.output.split() == ["2", "here", "3", "y", "sorted", "1970", "root"]


@needs_node
async def test_node_runs_programs_and_children(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "a.mjs").write_text(
        "import {execFileSync, spawn} from 'node:child_process'; import crypto from 'node:crypto';\n"
        "import {Worker} from 'node:worker_threads'; import fs from 'node:fs/promises';\n"
        "await fs.writeFile('out', crypto.createHash('sha1').update('x').digest('hex'));\n"
        "console.log(execFileSync('echo', ['child']).toString().trim());\n"
        "new Worker('console.log(\"worker\")', {eval: true});\n"
    )
    (workspace / "b.test.mjs").write_text("import test from 'node:test'; test('sum', () => {});\n")

    result = await workshop.run("node a.mjs && node --test", workspace)

    assert result.exit_code == 0, result.output
    assert result.output.startswith("child\nworker\n")
    assert "pass 1" in result.output


@needs_cc
async def test_a_c_program_is_compiled_and_run(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "a.c").write_text('#include <stdio.h>\nint main(void) { puts("compiled"); return 7; }\n')

    result = await workshop.run("cc -O1 -pipe a.c -o a && ./a", workspace)

    assert result.output == "compiled\n"
    assert result.exit_code == 7


async def test_an_environment_of_its_own_can_be_made_without_network(workshop: LocalWorkshop, workspace: Path) -> None:
    result = await workshop.run("python3 -m venv --without-pip v && v/bin/python -c 'print(6 * 7)'", workspace)

    assert result.output == "42\n"
