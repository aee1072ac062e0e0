"""Runs the child that parses a page, and sees to its end."""

import asyncio
import signal
import sys
from pathlib import Path

import damascus
from damascus.web.parsing.protocol import PARSE_OUTCOME, ParsedPage, ParseFailure, ParseRequest
from damascus.web.port import WebError, WebErrorKind

PARSE_SECONDS = 30.0
MAX_OUTPUT_BYTES = 16 << 20
MAX_CHILDREN = 2  # at once; each may take the memory of one limit
ATTEMPTS = 2  # a child that was killed from outside says nothing of its page
# `-I` takes nothing from the environment or the working folder; so the company's code is named to it
_ROOT = str(Path(damascus.__file__).parents[1])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from damascus.web.parsing.child import main; sys.exit(main())"
_UNREADABLE = "the page cannot be read: it is broken, or too much; try another page on the subject"


class PageParser:
    """Parses pages, each in a child process that can neither outlive nor outgrow its limits."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(MAX_CHILDREN)

    async def parse(self, request: ParseRequest, body: bytes) -> ParsedPage:
        """Return the page's text. Raises WebError if it has none, or if the child died of it."""
        given = request.model_dump_json().encode() + b"\n" + body
        for _ in range(ATTEMPTS):
            async with self._slots:
                code, output = await _run(given)
            if code != -signal.SIGKILL:
                break
        try:
            outcome = PARSE_OUTCOME.validate_json(output)
        except ValueError:
            raise WebError(WebErrorKind.NO_TEXT, _UNREADABLE) from None
        if isinstance(outcome, ParseFailure):
            raise WebError(WebErrorKind(outcome.kind), outcome.message)
        return outcome


async def _run(given: bytes) -> tuple[int, bytes]:
    """Return the child's exit code, and its output if it ended well."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", _START, _ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}, limit=MAX_OUTPUT_BYTES,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PARSE_SECONDS):
            output, _ = await child.communicate(given)
    except TimeoutError:
        raise WebError(WebErrorKind.NO_TEXT, _UNREADABLE) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    code = child.returncode or 0
    return code, output if code == 0 else b""
