"""A command reaches the files of its workspace and the machine's programs, and no other file in any way.

Also where the jail is broken these attacks must hurt nobody: what they destroy belongs to the test, and of the
machine's own files they only ask for what changes nothing (open without a write, the mode that it has already).
"""

import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import CommandResult

Attack = Callable[..., Awaitable[CommandResult]]

ATTEMPT = """
    import os, sys
    def attempt(what, function):
        try:
            function()
        except OSError as error:
            print(what, "refused", error.errno)
        else:
            print(what, "WORKED")
"""


def there(path: str) -> bool:
    return os.path.lexists(path)


def below(place: Path) -> list[str]:
    return sorted(str(path) for path in place.rglob("*"))


@pytest.mark.parametrize("reader", ["cat '{0}'", "cp '{0}' here && cat here", "ln '{0}' here && cat here",
                                    "ln -s '{0}' here && cat here", "tail -c 20 < '{0}'", "mv '{0}' here && cat here",
                                    "cat /proc/self/root'{0}'", "cd '{0}/..' && cat token"])  # fmt: skip
async def test_the_companys_secret_cannot_be_read(
    workshop: LocalWorkshop, workspace: Path, home: Path, reader: str
) -> None:
    result = await workshop.run(reader.format(home / "token"), workspace)

    assert result.exit_code != 0
    assert "s3cret" not in result.output
    assert (home / "token").read_text() == "s3cret-token"


async def test_homes_and_other_workspaces_cannot_be_listed_or_read(
    workshop: LocalWorkshop, workspace: Path, home: Path
) -> None:
    other = workspace.parent / "other-task"
    other.mkdir()
    (other / "code.py").write_text("print('theirs')")
    places = [home, workspace.parent, other, Path.home(), Path("/etc/ssl/private"), Path("/proc"), Path("/")]

    for place in places:
        result = await workshop.run(f"ls '{place}'", workspace)
        assert result.exit_code != 0, place
    result = await workshop.run(f"cat '{other}/code.py' /etc/shadow", workspace)
    assert "theirs" not in result.output
    assert "root:" not in result.output


async def test_nothing_outside_can_be_written_moved_or_removed(attack: Attack, tmp_path: Path, home: Path) -> None:
    before = below(tmp_path)
    result = await attack(
        ATTEMPT
        + """
    token, folder = sys.argv[1] + "/token", sys.argv[1]
    attempt("overwrite", lambda: open(token, "w"))
    attempt("append", lambda: open(token, "a"))
    attempt("truncate", lambda: os.truncate(token, 0))
    attempt("empty by reading", lambda: os.open(token, os.O_RDONLY | os.O_TRUNC))
    attempt("create", lambda: open(folder + "/new", "x"))
    attempt("mkdir", lambda: os.mkdir(folder + "/folder"))
    attempt("symlink", lambda: os.symlink("/etc", folder + "/link"))
    attempt("link out", lambda: os.link("attack.py", folder + "/hard"))
    attempt("rename out", lambda: os.rename("attack.py", folder + "/moved"))
    attempt("rename in", lambda: os.rename(token, "stolen"))
    attempt("unlink", lambda: os.unlink(token))
    attempt("mknod", lambda: os.mknod("disk", 0o60600, os.makedev(254, 0)))
    attempt("beside", lambda: open(folder + "/../beside", "x"))
    attempt("machine", lambda: open("/etc/passwd", "r+b"))
    attempt("python", lambda: open(os.__file__, "r+b"))
    """,
        home,
    )

    assert "WORKED" not in result.output
    assert result.output.count("refused") == 15
    assert (home / "token").read_text() == "s3cret-token"
    assert below(tmp_path) == sorted([*before, str(tmp_path / "shared/code/task/attack.py")])


async def test_modes_owners_times_and_attributes_outside_stay_as_they_are(attack: Attack, home: Path) -> None:
    before = (home / "token").stat()
    result = await attack(
        ATTEMPT
        + """
    token = sys.argv[1] + "/token"
    os.symlink(token, "link")
    os.symlink(sys.argv[1], "folder")
    for name in (token, "link", "folder/token", os.path.relpath(token)):
        attempt("chmod " + name, lambda: os.chmod(name, 0o777))
        attempt("utime " + name, lambda: os.utime(name, (1, 1)))
        attempt("xattr " + name, lambda: os.setxattr(name, "user.x", b"1"))
    for name in ("/usr", os.__file__, os.open(os.__file__, os.O_RDONLY)):
        now = os.stat(name)
        attempt("same mode", lambda: os.chmod(name, now.st_mode & 0o777))
        attempt("same times", lambda: os.utime(name, ns=(now.st_atime_ns, now.st_mtime_ns)))
    attempt("fchmodat", lambda: os.chmod("token", 0o777, dir_fd=os.open(sys.argv[1], os.O_PATH)))
    os.chown(token, 65534, 65534)
    """,
        home,
    )

    after = (home / "token").stat()
    assert "WORKED" not in result.output
    assert result.output.count("refused") == 19
    assert (before.st_mode, before.st_uid, before.st_mtime_ns) == (after.st_mode, after.st_uid, after.st_mtime_ns)


async def test_modes_and_times_inside_can_be_changed_as_usual(workshop: LocalWorkshop, workspace: Path) -> None:
    result = await workshop.run(
        "set -e; mkdir d; printf '#!/bin/sh\\necho ran' > d/tool; chmod +x d/tool; ./d/tool;"
        "touch -d @1000000000 d/tool; cd d; chmod 4755 tool; ln -s tool link; touch -h -d @5 link; cp -p tool copy;"
        "cd ..; tar cf t.tar d; rm -r d;"
        'tar xf t.tar; stat -c "%Y" d/tool d/link; python3 -c "import os; os.chmod(os.open(\'d/copy\', 0), 0o600)"',
        workspace,
    )

    assert result.output.splitlines() == ["ran", "1000000000", "5"]
    assert stat.S_IMODE((workspace / "d/tool").stat().st_mode) == 0o755, "no set-user-id is ever set"
    assert stat.S_IMODE((workspace / "d/copy").stat().st_mode) == 0o600


async def test_a_link_that_leads_out_leads_nowhere(workshop: LocalWorkshop, workspace: Path, home: Path) -> None:
    (workspace / "exit").symlink_to(home)

    result = await workshop.run("cat exit/token; echo mine > exit/token; ls exit/; rm exit/token", workspace)

    assert "s3cret" not in result.output
    assert os.listdir(home) == ["token"]


async def test_the_private_directory_is_the_commands_own_and_gone_afterwards(
    workshop: LocalWorkshop, workspace: Path
) -> None:
    result = await workshop.run(
        'touch "$HOME/x" && mkdir -p "$TMPDIR/a/b" && mkfifo "$TMPDIR/f" && chmod 000 "$TMPDIR/a" && echo "$TMPDIR"',
        workspace,
    )

    assert result.exit_code == 0, result.output
    assert not there(result.output.strip())


async def test_no_pipe_socket_or_device_can_be_left_for_who_reads_the_workspace(
    workshop: LocalWorkshop, workspace: Path
) -> None:
    await workshop.run('mkfifo a; mkfifo "$TMPDIR/b"; mv "$TMPDIR/b" b; mknod c c 1 3; mknod d p', workspace)

    assert all(stat.S_ISREG(os.lstat(path).st_mode) for path in below(workspace))


async def test_a_workspace_that_holds_the_companys_home_is_refused(
    workshop: LocalWorkshop, tmp_path: Path, home: Path
) -> None:
    guarded = LocalWorkshop(WorkshopSettings(), SystemClock(), private=(home,))

    with pytest.raises(WorkshopRefused, match="could read"):
        await guarded.run("true", tmp_path)
    with pytest.raises(WorkshopRefused, match="could read"):
        LocalWorkshop(WorkshopSettings(), SystemClock(), private=(Path("/usr/share"),)).check()
