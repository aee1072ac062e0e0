"""What the workshop adds to an output, so that nobody guesses why a command failed: each a sentence with what to do."""

import re
from collections.abc import Iterator

from damascus.workshop import packages
from damascus.workshop.environment import Environment
from damascus.workshop.jail.job import Loopback

MAX_HINTS = 3
MAX_FRAMES = 6
MAX_SEARCHED_CHARS = 20_000
_PYTHON_MODULE = re.compile(r"No module named '?([A-Za-z_]\w{0,59})")
_NODE_MODULE = re.compile(r"Cannot find (?:module|package) '(@?[A-Za-z0-9][\w.-]{0,59}(?:/[\w.-]{1,60})?)'")
_NO_NETWORK = re.compile(
    r"Could not resolve host|[Nn]ame resolution|Name or service not known|getaddrinfo|ENOTFOUND|EAI_AGAIN|"
    r"Network is unreachable"
)
_NO_BROWSER = re.compile(r"Executable doesn't exist at|Chromium distribution '\w+' is not found")  # Playwright's words
_NO_SOCKET = re.compile(r"(?:socket|connect|bind|listen).{0,400}Operation not permitted|(?:listen|connect) EPERM", re.S)
_SOCKETS = {
    Loopback.OWN: "sockets reach 127.0.0.1 and Unix sockets in $TMPDIR only",
    Loopback.SHARED: "sockets reach 127.0.0.1 only",
    Loopback.NONE: "no socket can be opened in this workshop, not even to 127.0.0.1: test what answers a request by "
    "calling it, and say that no port was tried",
}
_FRAME = re.compile(r'^  File "([^"\n]{1,300})", line (\d{1,9}) in ([^\s]{1,100})$', re.MULTILINE)
_SHELL = "/bash -o pipefail -c"
_SIGPIPE = 128 + 13


def hints(output: str, exit_code: int, environment: Environment, loopback: Loopback) -> list[str]:
    """Return what explains a failure, as far as its output shows it."""
    if exit_code == 0 and "No module named" not in output:
        return []
    found = dict.fromkeys(_hints(output[-MAX_SEARCHED_CHARS:], environment, loopback))
    return list(found)[:MAX_HINTS]


def pipe_hint(codes: str) -> str:
    """Return what to say of the exit codes of a pipe's commands, such as `1 0`; empty if none but the last failed."""
    parts = [int(code) for code in codes.split()[:20] if code.isascii() and code.isdigit() and len(code) <= 3]
    if not any(parts[:-1]):
        return ""
    said = f"exit codes of the commands in the pipe: {' | '.join(map(str, parts))}"
    if _SIGPIPE in parts[:-1]:
        said += f"; {_SIGPIPE}: ended because the next command stopped reading, which need not be a failure"
    return said


def hang_hint(where: str, programs: str, workspace: str) -> str:
    """Return which lines of the workspace its Pythons were at when the time was over, else what else ran then."""
    frames = [f"{path}:{line} in {name}" for path, line, name in _FRAME.findall(where) if path.startswith(workspace)]
    shown = [frame.removeprefix(workspace).lstrip("/") for frame in dict.fromkeys(frames)][:MAX_FRAMES]
    if shown:
        return f"it hung at {' < '.join(shown)}"
    lines = dict.fromkeys(line for line in programs.splitlines() if line and _SHELL not in line)
    running = list(lines)[:MAX_FRAMES]
    return f"what ran then: {'; '.join(running).replace(f'{workspace}/', '')}" if running else ""


def offered() -> str:
    """Return the names of the packages that a repository can declare, as a sentence says them."""
    python = [name for name in packages.listed() if name in packages.for_python()]
    return ", ".join([*python, *packages.for_node()]) or "none"


def _hints(output: str, environment: Environment, loopback: Loopback) -> Iterator[str]:
    for name in _PYTHON_MODULE.findall(output):
        yield _of_python(name, environment)
    for name in _NODE_MODULE.findall(output):
        yield _of_node(name)
    if _NO_NETWORK.search(output):
        yield "there is no network in the workshop: test with data in files, and say what was not tried"
    if _NO_SOCKET.search(output):
        yield _SOCKETS[loopback]
    if _NO_BROWSER.search(output):
        yield 'the browser here is the workshop\'s: launch(executable_path=shutil.which("chromium"))'


def _of_python(name: str, environment: Environment) -> str:
    if name == "pip":
        return "there is no pip, since nothing can be installed: declare what the workshop has in requirements.txt"
    for package in packages.for_python().values():
        if name in package.modules and package.name not in environment.has:
            return f"`{name}` is of {package.name}: add the line `{package.name}` to requirements.txt to have it here"
    return (
        f"`{name}` is neither in the working copy nor in a plain Python, and nothing can be installed: use the "
        f"standard library; to be had when requirements.txt names them: {offered()}"
    )


def _of_node(name: str) -> str:
    if name in packages.for_node():
        return f"add `{name}` to the dependencies in package.json to have it here"
    return (
        f"`{name}` is neither in the working copy nor in Node, and nothing can be installed: use Node's own modules; "
        f"to be had when package.json names them: {offered()}"
    )
