"""Class: a trusted program acts on files that a model or a stranger wrote.

Every place where the company starts a process, opens a file or walks a folder is a row of `OPENED`, with the reason why
no model can write what it opens. `core/confined_folder.py` is the one module that opens what a model can write, and it
does so as plain bytes. A new place, or a new way to open in a known one, fails here until somebody gives the reason.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.fixtures.tree import ROOT, sources

CLASS = "a trusted program acts on a model's files"
PLAIN_BYTES = "damascus/core/confined_folder.py"

MODULES = {"git", "mmap", "pickle", "runpy", "shutil", "sqlite3", "subprocess", "tarfile", "tempfile", "zipfile"}
PROCESSES = ("create_subprocess", "exec", "fork", "popen", "posix_spawn", "spawn", "system")
READS = {
    "fdopen", "fwalk", "glob", "iterdir", "listdir", "read_bytes", "read_text", "readlink", "rglob", "scandir", "walk",
    "write_bytes", "write_text",
}  # fmt: skip
OWN = {"DiskObjectStore", "DiskRefsContainer", "fork_with", "open", "open_objects", "run_git", "start_git"}
HARMLESS = {"disk_usage", "gettempdir", "which"}
NO_ACTS = ("Connection", "Error", "Expired", "Process")

BARE = "bare repositories and git data of the company's own, which no model can write"
HOME = "private state, which the program alone writes"
FOUNDER = "files of the founder's"
SYSTEM = "files of the machine's"
JAILED = "within the jail, after it is closed, or its own pipes and /proc"
NO_FILE = "opens no file: a method of another kind"
DOUBLE = "a stand-in for tests: its own repositories"

OPENED: dict[str, tuple[set[str], str]] = {
    "damascus/cli/commands/containers.py": ({"glob", "open", "subprocess.run"}, "logs in private state; docker"),
    "damascus/cli/commands/sessions.py": ({"open"}, HOME + "; the founder's browser"),
    "damascus/cli/commands/reports.py": ({"write_bytes"}, "the file that the founder names, or beside the report"),
    "damascus/cli/connection.py": ({"read_text"}, HOME),
    "damascus/cli/lifecycle.py": (
        {"open", "read_text", "subprocess.Popen", "subprocess.run"}, HOME + "; our own supervisor",
    ),
    "damascus/cli/main.py": ({"open"}, "the file that the founder names for output"),
    "damascus/core/clock.py": ({"read_text"}, "for tests only: a clock that is set"),
    "damascus/core/failpoints.py": ({"read_text"}, "for tests only: faults"),
    "damascus/cli/report_shelf.py": (
        {"fdopen", "glob", "open"}, "reports, which the program alone writes; follows no link",
    ),
    "damascus/cli/standard_streams.py": ({"open"}, "the null device"),
    "damascus/ledger/checkpoint.py": ({"sqlite3.connect"}, HOME),
    "damascus/core/files.py": ({"fdopen", "open"}, HOME),
    "damascus/core/log.py": ({"fdopen"}, "a second handle of its own log, whose folder no command reaches"),
    "damascus/core/playbook_files.py": ({"glob"}, FOUNDER),
    "damascus/core/network/trust.py": ({"iterdir", "open", "read_text"}, FOUNDER),
    "damascus/core/room.py": ({"tempfile.TemporaryFile"}, "a file of its own, without a name"),
    "damascus/core/settings/environment.py": ({"read_text"}, FOUNDER),
    "damascus/core/settings/forge.py": ({"read_text"}, FOUNDER),
    "damascus/core/settings/loading.py": ({"read_text"}, FOUNDER),
    "damascus/core/validation.py": ({"read_bytes"}, FOUNDER),
    "damascus/documents/glyphs.py": ({"open"}, "fonts of the package"),
    "damascus/documents/html.py": ({"read_text"}, "a file of the package"),
    "damascus/doctor/checks/redis.py": ({"tempfile.TemporaryDirectory"}, "a folder of its own"),
    "damascus/doubles/gitea/__main__.py": ({"read_text"}, DOUBLE),
    "damascus/doubles/gitea/git.py": ({"run_git", "subprocess.run"}, DOUBLE),
    "damascus/doubles/gitea/git_http.py": (
        {"create_subprocess_exec", "run_git", "tempfile.TemporaryFile", "write_text"}, DOUBLE,
    ),
    "damascus/doubles/gitea/pages.py": ({"read_bytes"}, DOUBLE),
    "damascus/doubles/gitea/rest_board.py": ({"run_git", "write_bytes"}, DOUBLE),
    "damascus/doubles/gitea/store.py": ({"iterdir", "read_text", "run_git"}, DOUBLE),
    "damascus/doubles/model/quirks/__init__.py": ({"glob", "read_text"}, "files of the package"),
    "damascus/doubles/model/script.py": ({"glob", "read_text"}, FOUNDER),
    "damascus/doubles/model/staff/business.py": ({"glob", "read_text"}, "files of the package"),
    "damascus/forge/adoption.py": (
        {"glob", "open", "open_objects", "rglob", "run_git", "shutil.rmtree", "start_git", "write_text"},
        BARE + "; of a folder that the CEO names the first characters of its `.git`, the rest by git alone",
    ),
    "damascus/forge/archive.py": (
        {"open_objects", "zipfile.ZipFile", "zipfile.ZipInfo"}, BARE + "; writes the zip, opens none",
    ),
    "damascus/forge/checkout.py": ({"open_objects"}, BARE),
    "damascus/forge/git_command.py": ({"git.Git"}, BARE + "; never with a work tree"),
    "damascus/forge/git_program.py": (
        {"subprocess.run", "tempfile.TemporaryDirectory"}, "whether git works, in an empty folder of its own",
    ),
    "damascus/forge/gitea/forge.py": ({"read_text", "run_git"}, BARE),
    "damascus/forge/gitea/git_push.py": ({"git.Git", "run_git", "start_git"}, BARE),
    "damascus/forge/history.py": ({"run_git", "start_git"}, BARE),
    "damascus/forge/local.py": ({"glob", "open", "open_objects", "run_git", "write_text"}, BARE),
    "damascus/forge/locks.py": ({"glob", "open"}, BARE),
    "damascus/forge/objects.py": ({"DiskObjectStore", "DiskRefsContainer"}, BARE),
    "damascus/forge/store_check.py": (
        {"glob", "open_objects", "run_git", "tempfile.TemporaryDirectory", "tempfile.TemporaryFile"}, BARE,
    ),
    "damascus/forge/trust_file.py": ({"tempfile.NamedTemporaryFile"}, "certificates of the founder's"),
    "damascus/forge/working_files.py": ({"open"}, "by core/confined_folder.py"),
    "damascus/forge/workspace.py": ({"open_objects", "run_git", "shutil.rmtree"}, BARE),
    "damascus/ledger/copy_before_upgrade.py": ({"open", "sqlite3.connect"}, HOME),
    "damascus/ledger/sqlite.py": ({"sqlite3.connect"}, HOME),
    "damascus/ledger/sqlite_library.py": (
        {"read_text", "sqlite3.connect", "sqlite3.sqlite_version"}, "what the library can, in memory; its own /proc",
    ),
    "damascus/office/__main__.py": ({"read_text"}, HOME),
    "damascus/office/auth.py": ({"read_text"}, HOME),
    "damascus/office/doing.py": ({"open"}, NO_FILE),
    "damascus/office/routes/staff.py": ({"glob"}, FOUNDER),
    "damascus/staff/personas.py": ({"glob"}, FOUNDER),
    "damascus/supervisor/child.py": ({"create_subprocess_exec", "open", "write_bytes"}, HOME + "; our own processes"),
    "damascus/supervisor/redis_server.py": (
        {"glob", "open", "read_text", "subprocess.Popen", "subprocess.run", "tempfile.mkdtemp"},
        HOME + "; the company's Redis",
    ),
    "damascus/supervisor/state.py": ({"open", "read_text"}, HOME),
    "damascus/supervisor/worker_presence.py": ({"read_text"}, HOME),
    "damascus/work/delivery/public_copy.py": ({"shutil.rmtree"}, "removes by descriptors, reads nothing"),
    "damascus/tools/files/search_files.py": ({"glob"}, NO_FILE),
    "damascus/web/parsing/run.py": ({"create_subprocess_exec"}, "our own program; bytes by a pipe"),
    "damascus/web/remote.py": ({"open"}, HOME),
    "damascus/work/delivery/report_files.py": ({"fdopen", "open"}, "reports, which the program alone writes"),
    "damascus/work/receipts/mutants.py": ({"read_text"}, "a file of the package, for the workshop"),
    "damascus/work/receipts/mutator.py": ({"open"}, "within the jail: a program of its own there"),
    "damascus/work/tasks/answer_spool.py": ({"glob", "read_text"}, HOME),
    "damascus/work/tasks/model_queue.py": ({"open"}, NO_FILE),
    "damascus/workshop/command_check.py": (
        {"tempfile.TemporaryDirectory"}, "a folder of its own, in which a jailed `true` runs",
    ),
    "damascus/workshop/jail/child.py": ({"open", "execve"}, JAILED),
    "damascus/workshop/jail/disk_usage.py": (
        {"listdir", "open", "posix_spawn", "scandir"}, "sizes, by descriptors of folders; reads no file",
    ),
    "damascus/workshop/jail/environment_folder.py": ({"open", "scandir"}, "its own, which no command can write"),
    "damascus/workshop/programs/page_in_words.py": ({"open"}, "run in the workshop, as a command"),
    "damascus/tools/terminal/calculate.py": ({"read_text"}, "our own program beside it"),
    "damascus/tools/terminal/scratch_copies.py": (
        {"open", "read_text", "write_text"}, "notes and a lock beside the folder where commands run, not in it",
    ),
    "damascus/work/delivery/handover.py": ({"glob"}, "names in the folder that people browse"),
    "damascus/workshop/jail/keeper.py": ({"fork", "fork_with"}, "our own code in the jail's first process"),
    "damascus/workshop/jail/kernel.py": ({"open"}, "its own /proc/self"),
    "damascus/workshop/jail/landlock.py": ({"open"}, "paths for the kernel's rules (O_PATH), reads nothing"),
    "damascus/workshop/jail/launcher.py": (
        {"open"}, "the first bytes of two files in a command's home, no link or pipe followed: digits, lines",
    ),
    "damascus/workshop/jail/leftovers.py": (
        {"listdir", "open", "scandir"}, "locks of the launchers' own folders; /proc of the machine",
    ),
    "damascus/workshop/jail/process_tree.py": ({"listdir", "open"}, JAILED),
    "damascus/workshop/jail/seccomp_notify.py": ({"open"}, JAILED),
    "damascus/workshop/jail/callers.py": ({"open", "readlink"}, JAILED),
    "damascus/workshop/jail/in_flight.py": ({"listdir", "open", "readlink"}, "/proc of the command's processes"),
    "damascus/workshop/jail/socket_calls.py": ({"open"}, JAILED),
    "damascus/workshop/launching.py": (
        {"create_subprocess_exec", "open"}, "our own launcher, with our own Python (-I); its namespaces in /proc",
    ),
    "damascus/tools/forge/skeleton.py": ({"read_bytes", "rglob"}, "what new repositories begin with, which we ship"),
    "damascus/workshop/jail_policy.py": ({"glob", "iterdir"}, SYSTEM + ": names only"),
    "damascus/workshop/litter.py": (
        {"open", "scandir"}, "names and locks of folders that commands write below, not in; removes without reading",
    ),
    "damascus/workshop/local.py": (
        {"create_subprocess_exec", "tempfile.TemporaryDirectory"}, "asks the machine's programs for their versions",
    ),
    "damascus/workshop/packages.py": ({"glob", "read_text"}, "what was installed from config/workshop/"),
    "damascus/workshop/server.py": ({"open"}, "its own lock"),
}  # fmt: skip

# who knows where a model's files are, and what for
PLACES = ("repositories.workspace", "repositories.scratch")
KNOWS_THE_PLACE = {
    "agents/self_check.py": "looks whether there is room, and runs a jailed `true` in a folder of its own",
    "damascus/composition/agents.py": "passes it to those below",
    "damascus/core/settings/root.py": "says where it is",
    "damascus/doctor/checks/disk.py": "looks whether there is room",
    "damascus/doctor/checks/workshop.py": "runs a jailed `true` in a folder of its own",
    "damascus/tools/files/task_folder.py": "opens it as a confined folder",
    "damascus/tools/forge/commit.py": "names it to the forge",
    "damascus/tools/forge/create_repository.py": "names it to the forge",
    "damascus/tools/forge/push.py": "names it to the forge",
    "damascus/tools/forge/working_copy.py": "names it to the forge",
    "damascus/tools/terminal/task_place.py": "names it to the workshop; a picture is read through a confined folder",
    "damascus/tools/terminal/calculate.py": "names it to the workshop",
    "damascus/work/delivery/workspace_collector.py": "removes what is in it by workshop/litter.py",
    "damascus/work/receipts/check.py": "names it to the forge",
    "damascus/workshop/server.py": "checks that a workspace is below it",
}


def ways(tree: ast.AST) -> Iterator[str]:
    """Yield each way in which a module starts a process, opens a file or walks a folder."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            base, name = ast.unparse(node.value), node.attr
            if base in ("asyncio", "os") and name.startswith(PROCESSES):
                yield name
            elif base in MODULES:
                if not name.isupper() and name not in HARMLESS and not name.endswith(NO_ACTS):
                    yield f"{base}.{name}"
            elif name in READS:
                yield name
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in OWN:
                yield called


@pytest.mark.attack("a parent's program that opens a model's files", CLASS)
def test_each_place_that_opens_a_file_or_starts_a_process_is_known() -> None:
    found = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        opened = set(ways(ast.parse(path.read_text(encoding="utf-8"))))
        if opened and name != PLAIN_BYTES:
            found[name] = opened
    known = {name: opened for name, (opened, _) in OPENED.items()}
    news = {name: sorted(opened) for name, opened in found.items() if known.get(name) != opened}
    assert not news, f"is what it opens out of a model's reach? give the reason in OPENED: {news}"
    assert known.keys() == found.keys(), "take out of the table what opens nothing any more"


@pytest.mark.attack("a module that learns where a model's files are", CLASS)
def test_each_module_that_knows_where_models_write_is_known() -> None:
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and (node.attr == "workspaces" or ast.unparse(node) in PLACES):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == KNOWS_THE_PLACE.keys()


@pytest.mark.attack("a new way to open a file", CLASS)
@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("subprocess.run(['git', 'status'], cwd=place)", "subprocess.run"), ("git.Repo(place)", "git.Repo"),
        ("os.system('ls')", "system"), ("os.execv('x', [])", "execv"), ("open(place / 'a')", "open"),
        ("(place / 'a').open()", "open"), ("asyncio.to_thread(path.read_text)", "read_text"),
        ("tarfile.open(place)", "tarfile.open"), ("shutil.copytree(place, there)", "shutil.copytree"),
        ("asyncio.create_subprocess_shell('x')", "create_subprocess_shell"), ("os.walk(place)", "walk"),
        ("place.rglob('*')", "rglob"), ("zipfile.ZipFile(place)", "zipfile.ZipFile"),
    ],
)  # fmt: skip
def test_the_table_would_notice(code: str, way: str) -> None:
    assert way in set(ways(ast.parse(code)))
