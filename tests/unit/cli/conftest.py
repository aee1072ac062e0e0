"""`ceo` as a person types it, in a folder of its own, beside a scripted office."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from damascus.cli.main import main
from tests.unit.cli.scripted import TOKEN
from tests.unit.cli.scripted_office import Ceo, Said, ScriptedOffice, app


@pytest.fixture
def company_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `ceo` may be typed, and the present one; the machine's own settings do not reach in."""
    for name in ("LLM_BASE_URL", "LLM_API_KEY", "LLM_MODEL", "REDIS_URL", "OFFICE_URL", "OFFICE_TOKEN", "LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config.yaml").write_text(
        "company: {home: .damascus}\noffice: {url: '${OFFICE_URL:-}', token: '${OFFICE_TOKEN:-}'}\n"
        "model: {base_url: '${LLM_BASE_URL:-}'}\n"
    )
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "startup.yaml").write_text("summary: x\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def office(company_folder: Path) -> Iterator[ScriptedOffice]:
    """A scripted office at work for this folder's company."""
    listener = socket.create_server(("127.0.0.1", 0))
    scripted = ScriptedOffice(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server = uvicorn.Server(
        uvicorn.Config(app(scripted), lifespan="off", log_level="critical", timeout_graceful_shutdown=0)
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    home = company_folder / ".damascus"
    home.mkdir()
    (home / "token").write_text(TOKEN)
    (home / "office.json").write_text(json.dumps({"url": scripted.url, "pid": 1}))
    yield scripted
    server.should_exit = True
    server.force_exit = True
    thread.join()


@pytest.fixture
def ceo(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ceo:
    """`ceo("run", "...")` in this very process."""

    def type_in(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["ceo", *words])
        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return type_in
