"""Secrets stay out of all that is written, in every form, however the text came about."""

import base64
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.redaction import Redactor
from tests.fixtures.company import Company, write_files
from tests.fixtures.fuzz import door
from tests.fixtures.raw_http import ask

ROOT = Path(__file__).parents[2]
UNWRITTEN = "no secret is written"
SECRETS = {
    "LLM_API_KEY": "sk-key/with+signs=1", "OFFICE_TOKEN": "office token 77", "DESK_SECRET": "desk's \"own\" w\u00f6rd",
    "GITEA_TOKEN": "gitea-0123456789",
}  # fmt: skip
IN_FILES = {"REDIS_URL": "redis://:p%40ss-redis@127.0.0.1:1/0", "LEDGER_URL": "postgresql://u:pass-ledger9@h/d"}
LEAKS = [*SECRETS.values(), "p%40ss-redis", "p@ss-redis", "pass-ledger9"]

WAYS = {  # each is the end of a program of ours that knows the secret `s`
    "a message": "log.info('it is ' + s)",
    "an argument": "log.info('%s and %r', s, {'k': s})",
    "a traceback": "try:\n    raise ValueError(s, {'auth': s})\nexcept ValueError:\n    log.exception('failed')",
    "a chain of errors": "e = OSError('x')\ne.__cause__ = KeyError(s)\nlog.error('failed', exc_info=e)",
    "a note on an error": "e = ValueError('x')\ne.add_note(s)\nlog.error('failed', exc_info=e)",
    "a stack": "log.warning(s, stack_info=True)",
    "an error that nothing caught": "raise RuntimeError(s)",
    "an error in a thread": "t = threading.Thread(target=lambda: int(s))\nt.start()\nt.join()",
    "an error in a task": "async def main():\n    asyncio.get_running_loop().call_soon(int, s)\n"
    "    await asyncio.sleep(0.01)\nasyncio.run(main())",
    "an error in a finaliser": "class X:\n    def __del__(self):\n        int(s)\nx = X()\ndel x",
    "a warning": "warnings.warn(s)",
    "the web server's own log": "import uvicorn\nuvicorn.Config(lambda: None, log_config=None).load\n"
    "logging.getLogger('uvicorn.error').error('Exception: %s', s)",
    "an error of ours": "write_error(str(errors.Misconfigured('bad ' + s)))",
    "a URL": "log.info('GET http://h/?key=' + urllib.parse.quote(s, safe=''))",
    "basic authentication": "log.info('Basic ' + base64.b64encode(b'user:' + s.encode()).decode())",
    "JSON": "log.info(json.dumps({'key': s}))",
    "bytes in hexadecimal": "log.info(s.encode().hex())",
}


@pytest.mark.attack("a secret in what a process writes", UNWRITTEN)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_writing_writes_a_secret(tmp_path: Path, way: str) -> None:
    """Class: no secret is written. Redaction comes last, behind every formatter, and knows what files held, too."""
    write_files(tmp_path)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DAMASCUS_LOGS": "logs", **SECRETS}
    for name, value in IN_FILES.items():
        (tmp_path / name).write_text(value + "\n")
        env[f"{name}_FILE"] = str(tmp_path / name)
    program = """
        import asyncio, base64, json, logging, sys, threading, urllib.parse, warnings
        from damascus.core import errors, settings
        from damascus.core.log import configure_logging, write_error
        config = settings.load()
        configure_logging(file=config.log_file('x'))
        log = logging.getLogger('x')
    """
    for secret in LEAKS:
        code = f"{textwrap.dedent(program)}s = {secret!r}\n{WAYS[way]}\n"
        done = subprocess.run(
            [sys.executable, "-"], input=code, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
        written = done.stdout + done.stderr + (tmp_path / "logs/x.log").read_text()
        assert "***" in written
        for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.encode().hex()):
            assert form not in written
        assert base64.b64encode(secret.encode())[4:-4].decode() not in written


@pytest.mark.attack("a secret in base64, beside anything", UNWRITTEN)
@door()
@given(st.text(min_size=8, max_size=40), st.binary(max_size=7), st.binary(max_size=7))
def test_a_secret_is_found_in_base64_wherever_it_stands(secret: str, before: bytes, after: bytes) -> None:
    """Class: no secret is written. What stands before it moves its letters; all that is its own is taken out."""
    secret = secret.encode(errors="replace").decode() + "\u00e9 7-more"
    redactor = Redactor()
    redactor.remember(secret)
    for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
        written = encode(before + secret.encode() + after).decode()
        assert "***" in redactor.redact(f"Authorization: {written}")
        assert secret[:8] not in redactor.redact(f"<{secret}>")


@pytest.mark.attack("a secret in what the office answers", UNWRITTEN)
def test_the_office_answers_with_no_secret_that_it_was_asked_with(company: Company) -> None:
    """Class: no secret is written. An error quotes what was asked; neither answer nor log has the token."""
    token = company.headers()["Authorization"].removeprefix("Bearer ")
    code, said = ask(company.office()["url"], f"GET /api/missions/{token}", f"Authorization: Bearer {token}")
    assert code == 404
    assert token not in said.decode()
    assert b"***" in said
    assert token not in company.log("office")


@pytest.mark.attack("a secret in the log of events", UNWRITTEN)
def test_an_event_tells_no_secret(company: Company) -> None:
    """Class: no secret is written. What people read of the log of events has been through the same."""
    token = company.headers()["Authorization"].removeprefix("Bearer ")
    mission = company.give("[reference] Compare three note apps")
    company.post(f"/api/missions/{mission}/cancel")
    item = company.ask("POST", "/api/desk/none/deny", json={"reason": token})
    assert token not in item.text
    assert token not in "".join(str(tuple(row)) for row in company.rows("select * from events"))
