"""Class: a trusted program of ours acts on files that a model wrote. Here: whatever reads or lays out a working copy.

Each attack leaves in the working copy what git, or a careless walk, would run, follow, wait for or choke on. The trap
is a program that leaves a mark outside; the loot is a file outside that no commit may ever have.
"""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from damascus.core.clock import pause
from damascus.core.errors import DamascusError, Invalid, PathOutsideFolder
from damascus.core.records.authors import Author
from damascus.forge.local import LocalForge
from damascus.forge.port import Repository
from damascus.forge.working_files import WorkingFiles

MODEL = Author("Jordan Kim", "jordan.kim@damascus.local")
LOOT = "the token that nobody may have"
CLASS = "a trusted program acts on a model's files"


@dataclass(frozen=True)
class Stage:
    """A forge with a repository and its working copy; a trap, the mark that it leaves, and the loot outside."""

    forge: LocalForge
    repository: Repository
    place: Path
    trap: Path
    mark: Path
    loot: Path

    async def commit(self) -> str | None:
        return await self.forge.commit(self.place, "Words", MODEL)

    async def try_all(self) -> None:
        """Every step in which the company handles the working copy, twice, whatever fails."""
        for n in range(2):
            with suppress(DamascusError):
                (self.place / f"new-{n}").write_text(f"{n}")
                await self.commit()
                sha = await self.forge.push(self.place, self.repository)
                await self.forge.checkout(self.repository, sha, self.place.parent / f"fresh-{n}")
            await self.forge.open_workspace(self.repository, self.place)

    def objects(self) -> str:
        """Every object of the store as text, and the modes of all files of its history."""
        git_dirs = [Path(self.repository.url), *(p for p in (self.loot.parent / "private").iterdir() if p.is_dir())]
        found = []
        for git_dir in git_dirs:
            git = ["git", f"--git-dir={git_dir}"]
            for command in ("cat-file --batch --batch-all-objects --buffer", "log --all --raw --root --format=%H"):
                done = subprocess.run([*git, *command.split()], capture_output=True, text=True, errors="replace")
                found.append(done.stdout)
        return "\n".join(found)

    def nested_repository(self, at: Path) -> None:
        """A repository with one commit, whose config runs the trap for each file that is looked at."""
        at.mkdir(parents=True, exist_ok=True)
        git = ["git", "-C", str(at), "-c", "user.name=x", "-c", "user.email=x@y"]
        (at / "inner").write_text("inner")
        (at / ".gitattributes").write_text("* filter=x\n")
        for command in (
            ["init", "--quiet"], ["add", "inner"], ["commit", "--quiet", "-m", "x"],
            ["config", "filter.x.clean", str(self.trap)], ["config", "filter.x.process", str(self.trap)],
            ["config", "core.fsmonitor", str(self.trap)],
        ):  # fmt: skip
            subprocess.run([*git, *command], check=True)
        (at / "inner").write_text("changed")


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    forge = LocalForge(tmp_path / "git", tmp_path / "private")
    repository = await forge.create_repository("app", "An app", "mis_1")
    place = tmp_path / "code/mission/app"
    await forge.open_workspace(repository, place)
    trap, mark, loot = tmp_path / "trap", tmp_path / "sprung", tmp_path / "loot"
    trap.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    trap.chmod(0o755)
    loot.write_text(LOOT)
    return Stage(forge, repository, place, trap, mark, loot)


@contextmanager
def meanwhile(act: Callable[[int], None]) -> Iterator[None]:
    """A command of the model's that is still at work: `act` again and again."""
    done = threading.Event()

    def run() -> None:
        n = 0
        while not done.is_set():
            with suppress(OSError):
                act(n)
            n += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.attack("nested repository in a folder that cannot be listed (0311)", CLASS)
async def test_a_repository_in_a_folder_that_cannot_be_listed_runs_nothing(stage: Stage) -> None:
    hidden = stage.place / "x"
    stage.nested_repository(hidden)
    hidden.chmod(0o311)
    try:
        with pytest.raises(Invalid, match=r"x may not be read|x/\.git"):
            await stage.commit()
        await stage.try_all()
    finally:
        hidden.chmod(0o755)
    assert not stage.mark.exists()
    assert " 160000 " not in stage.objects()


@pytest.mark.attack("x/.git appears and vanishes while the working copy is read", CLASS)
async def test_a_repository_that_comes_and_goes_runs_nothing(stage: Stage) -> None:
    """What a command looks like at one moment says nothing of the next."""
    stage.nested_repository(stage.place / "x")
    there, away = stage.place / "x/.git", stage.place.parent / "away"

    there.rename(away)

    def swap(n: int) -> None:
        (there.rename(away) if n % 2 else away.rename(there))
        pause(0.001 * (n % 7))

    with meanwhile(swap):
        for n in range(40):
            with suppress(DamascusError):
                (stage.place / "n").write_text(f"{n}")
                await stage.commit()
    assert not stage.mark.exists()
    assert " 160000 " not in stage.objects()


CONFIGS = {
    "fsmonitor": "[core]\n\tfsmonitor = {trap}\n",
    "filters": '[filter "x"]\n\tclean = {trap}\n\tsmudge = {trap}\n\tprocess = {trap}\n\trequired = true\n',
    "hooks": "[core]\n\thooksPath = {place}\n",
    "sshCommand": '[core]\n\tsshCommand = {trap}\n[remote "origin"]\n\turl = ssh://nowhere/x\n',
    "include": "[include]\n\tpath = {place}/more.config\n",
    "textconv": '[diff "x"]\n\ttextconv = {trap}\n\tcommand = {trap}\n[diff]\n\texternal = {trap}\n',
    "worktree": "[core]\n\tworktree = {outside}\n\tbare = false\n",
    "alternates": "[core]\n\talternateRefsCommand = {trap}\n[gc]\n\tauto = 1\n",
    "credentials": "[credential]\n\thelper = {trap}\n[gpg]\n\tprogram = {trap}\n[commit]\n\tgpgSign = true\n",
}


@pytest.mark.parametrize("config", list(CONFIGS))
@pytest.mark.attack("config, hooks, filters, include, alternates in a .git of the model's", CLASS)
async def test_no_config_of_a_models_is_obeyed(stage: Stage, config: str) -> None:
    stage.nested_repository(stage.place)
    words = {"trap": stage.trap, "place": stage.place, "outside": stage.loot.parent}
    with (stage.place / ".git/config").open("a") as file:
        file.write(CONFIGS[config].format(**words))
    (stage.place / "more.config").write_text(CONFIGS["fsmonitor"].format(**words))
    for hook in (
        "pre-commit",
        "post-commit",
        "pre-push",
        "post-index-change",
        "reference-transaction",
        "post-checkout",
    ):
        for folder in (stage.place, stage.place / ".git/hooks"):
            folder.mkdir(exist_ok=True)
            (folder / hook).symlink_to(os.path.relpath(stage.place / "trap-of-mine", folder))
    (stage.place / "trap-of-mine").write_bytes(stage.trap.read_bytes())
    (stage.place / "trap-of-mine").chmod(0o755)
    (stage.place / ".git/objects/info").mkdir(exist_ok=True)
    (stage.place / ".git/objects/info/alternates").write_text(f"{stage.loot.parent}/private\n")
    (stage.place / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (stage.place / ".gitmodules").write_text(f'[submodule "s"]\n\tpath = s\n\turl = .\n\tupdate = !{stage.trap}\n')
    await stage.try_all()
    assert await stage.forge.head(stage.repository) is not None
    assert not stage.mark.exists()


@pytest.mark.attack("a submodule (gitlink) in a commit from outside", CLASS)
async def test_a_submodule_is_never_laid_out(stage: Stage) -> None:
    (stage.place / "a").write_text("a")
    await stage.commit()
    await stage.forge.push(stage.place, stage.repository)
    git = ["git", f"--git-dir={stage.repository.url}", "-c", "user.name=x", "-c", "user.email=x@y"]
    tree = subprocess.run([*git, "mktree"], input=f"160000 commit {'1' * 40}\tsub\n", capture_output=True, text=True)
    sha = subprocess.run([*git, "commit-tree", "-m", "x", tree.stdout.strip()], capture_output=True, text=True)
    with pytest.raises(Invalid, match="sub is a repository within"):
        await stage.forge.checkout(stage.repository, sha.stdout.strip(), stage.place.parent / "fresh")


@pytest.mark.attack("links out of the tree, straight, relative, through others", CLASS)
@pytest.mark.parametrize("target", ["{outside}/loot", "../../../loot", "d/../../../../loot", "../app/../../../loot"])
async def test_a_link_that_leads_out_is_refused_and_not_followed(stage: Stage, target: str) -> None:
    (stage.place / "d").mkdir()
    (stage.place / "f").symlink_to(target.format(outside=stage.loot.parent))
    with pytest.raises(PathOutsideFolder, match="f is a link"):
        await stage.commit()
    assert LOOT not in stage.objects()


@pytest.mark.attack("links out of the tree in a commit from outside", CLASS)
async def test_a_link_of_a_commit_that_leads_out_is_not_laid_out(stage: Stage) -> None:
    git = ["git", f"--git-dir={stage.repository.url}", "-c", "user.name=x", "-c", "user.email=x@y"]

    def output(*args: str, given: str) -> str:
        return subprocess.run([*git, *args], input=given, capture_output=True, text=True, check=True).stdout.strip()

    blob = output("hash-object", "-w", "--stdin", given=str(stage.loot.parent))
    tree = output("mktree", given=f"120000 blob {blob}\td\n")
    sha = output("commit-tree", "-m", "x", tree, given="")
    with pytest.raises(PathOutsideFolder, match="d is a link"):
        await stage.forge.checkout(stage.repository, sha, stage.place.parent / "fresh")
    assert not (stage.place.parent / "fresh/d").exists()


SWAP = """
import os, sys
folder, outside = sys.argv[1:]
print(flush=True)
while True:
    os.rename(folder, folder + "-away")
    os.symlink(outside, folder)
    os.unlink(folder)
    os.rename(folder + "-away", folder)
"""


@pytest.mark.attack("a folder becomes a link out while it is read", CLASS)
async def test_a_folder_that_becomes_a_link_gives_nothing_away(stage: Stage) -> None:
    """The name is looked at, then opened; a command of the model's that is still at work comes in between."""
    folder, outside, seen = stage.place / "d", stage.loot.parent / "outside", set()
    for place, content in ((folder, "nothing"), (outside, LOOT)):
        place.mkdir()
        (place / "file").write_text(content)
    command = [sys.executable, "-c", SWAP, str(folder), str(outside)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as swapping:
        assert swapping.stdout
        swapping.stdout.readline()
        try:
            for _ in range(5_000):
                with suppress(DamascusError):
                    seen |= {file.data.decode() for file in WorkingFiles(stage.place)}
        finally:
            swapping.kill()
    assert seen == {"nothing"}


@pytest.mark.attack("a folder is a link out when files are laid out again", CLASS)
async def test_nothing_is_laid_out_through_a_link(stage: Stage) -> None:
    (stage.place / "d").mkdir()
    (stage.place / "d/planted").write_text("planted")
    await stage.commit()
    (stage.place / "d/planted").unlink()
    (stage.place / "d").rmdir()
    (stage.place / "d").symlink_to(stage.loot.parent)
    for marker in (stage.loot.parent / "private").glob("*/damascus-ready"):
        marker.unlink()
    with suppress(DamascusError):
        await stage.forge.open_workspace(stage.repository, stage.place)
    assert not (stage.loot.parent / "planted").exists()


@pytest.mark.attack("names that some file system takes for .git, or that are no names", CLASS)
@pytest.mark.parametrize(
    "name",
    [".GIT", ".Git", ".git ", ".git.", "git~1", "GIT~1", ".g\u200cit", "\u200d.git", ".git::$INDEX_ALLOCATION",
     ".git\\config", "a\nb", "\u202egnp.exe", os.fsdecode(b"\xff\xfe")],
)  # fmt: skip
async def test_a_name_that_another_system_reads_differently_is_refused(stage: Stage, name: str) -> None:
    (stage.place / "sub" / name).mkdir(parents=True)
    (stage.place / "sub" / name / "config").write_text(CONFIGS["fsmonitor"].format(trap=stage.trap))
    with pytest.raises(DamascusError, match=r"^sub/") as refused:
        await stage.commit()
    assert "\n" not in str(refused.value)
    str(refused.value).encode()


@pytest.mark.attack("a pipe, a socket or a device in place of a file", CLASS)
@pytest.mark.parametrize("name", ["a", ".gitignore", ".gitattributes", "sub/.gitignore"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
async def test_what_is_no_file_is_refused_and_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    (stage.place / "sub").mkdir()
    if kind == "pipe":
        os.mkfifo(stage.place / name)
    elif kind == "device":
        if os.getuid() != 0:
            pytest.skip("only root makes a device")
        os.mknod(stage.place / name, 0o666 | 0o020000, os.makedev(1, 5))
    else:
        monkeypatch.chdir((stage.place / name).parent)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(Path(name).name)
    async with asyncio.timeout(30):
        with pytest.raises(Invalid, match=f"{name} is a pipe, a socket or a device"):
            await stage.commit()


@pytest.mark.attack("more files than a commit can have", CLASS)
async def test_endless_files_are_refused(stage: Stage) -> None:
    for n in range(60_000):
        os.close(os.open(stage.place / f"{n}", os.O_CREAT | os.O_WRONLY))
    with pytest.raises(Invalid, match="more than 50000 files"):
        await stage.commit()


@pytest.mark.attack("a sparse file of 10 GB, and a tree of a hundred folders in each other", CLASS)
async def test_what_is_too_large_or_too_deep_is_refused_unread(stage: Stage) -> None:
    with (stage.place / "huge").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(Invalid, match="huge is larger than"):
        await stage.commit()
    (stage.place / "huge").unlink()
    here = os.open(stage.place, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    with pytest.raises(Invalid, match="folders deep"):
        await stage.commit()
