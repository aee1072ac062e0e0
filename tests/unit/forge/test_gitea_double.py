"""The stand-in for Gitea is a real server, and never passes for Gitea."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.fixtures.gitea import ROOT, Double, a_double

PAGES = ("", "/commits/branch/main", "/issues", "/issues/1", "/commit/{sha}", "/src/branch/main")


def pushed(gitea: Double, folder: Path) -> str:
    """A repository with a commit and an issue; the commit's sha."""
    gitea.ask("POST", "/user/repos", {"name": "app", "private": True, "description": "<b>An app</b>"})
    gitea.ask("POST", "/repos/founder/app/issues", {"title": "Do it <script>", "body": "words"})
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    (folder / "big").write_bytes(bytes(range(256)) * 20_000)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Begin\n\nCloses #1"], check=True)
    subprocess.run([*git, "push", "--quiet", gitea.clone_url("founder/app"), "main"], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def test_every_page_says_that_it_is_a_stand_in_and_quotes_what_strangers_wrote(gitea: Double, tmp_path: Path) -> None:
    sha = pushed(gitea, tmp_path / "work")
    for path in ("/", "/founder/none", *(f"/founder/app{page.format(sha=sha)}" for page in PAGES)):
        page = gitea.page(path)
        assert "This is a stand-in, not Gitea." in page.text, path
        assert "<script>" not in page.text
        assert "<b>An app" not in page.text
        assert gitea.page(path, token="wrong").status_code == 401
    assert "Begin" in gitea.page("/founder/app/commits/branch/main").text
    assert gitea.page("/founder/none").status_code == 404


def test_what_is_private_is_cloned_with_a_token_only(gitea: Double, tmp_path: Path) -> None:
    sha = pushed(gitea, tmp_path / "work")
    subprocess.run(["git", "clone", "--quiet", gitea.clone_url("founder/app"), str(tmp_path / "copy")], check=True)
    assert (tmp_path / "copy/big").stat().st_size == 256 * 20_000
    for url in (f"{gitea.url}/founder/app.git", gitea.clone_url("founder/app").replace(gitea.token, "wrong")):
        refused = subprocess.run(
            ["git", "-c", "credential.helper=", "ls-remote", url],
            capture_output=True,
            env={"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0"},
        )
        assert refused.returncode != 0
    assert gitea.ask("GET", "/repos/founder/app/issues/1")["state"] == "closed"
    assert sha in gitea.page("/founder/app/commits/branch/main").text


def test_everything_is_there_again_after_a_kill(tmp_path: Path) -> None:
    with a_double(tmp_path / "gitea") as gitea:
        pushed(gitea, tmp_path / "work")
        token = gitea.token
        gitea.stop(signal.SIGKILL)
        gitea.start()
        assert gitea.token == token
        assert gitea.ask("GET", "/repos/founder/app")["empty"] is False
        assert gitea.ask("GET", "/repos/founder/app/issues/1")["state"] == "closed"


def test_a_token_may_what_its_scopes_say(tmp_path: Path) -> None:
    with a_double(tmp_path, "--scopes", "read:user,read:repository") as gitea:
        assert gitea.ask("GET", "/user")["login"] == "founder"
        headers = {"Authorization": f"token {gitea.token}"}
        answer = httpx.post(f"{gitea.url}/api/v1/user/repos", json={"name": "app"}, headers=headers)
        assert answer.status_code == 403
        assert "write:user" in answer.json()["message"]
        assert httpx.get(f"{gitea.url}/api/v1/user").status_code == 401


def test_its_token_file_is_its_owners_alone_and_a_lost_one_is_made_anew(tmp_path: Path) -> None:
    with a_double(tmp_path) as gitea:
        assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
        first = gitea.token
        gitea.stop()
        (tmp_path / "token").unlink()
        gitea.start()
        assert gitea.token != first
        assert gitea.ask("GET", "/user")["login"] == "founder"


def test_faults_are_played_only_where_they_are_allowed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "damascus.doubles.gitea", "--root", tmp_path, "--port-file", tmp_path / "port"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as http:
            assert http.get(f"{url}/api/healthz").json()["status"] == "pass"
            assert http.post(f"{url}/_double/faults", json=[]).status_code in (404, 405)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_port_that_is_taken_is_said_in_one_line(gitea: Double, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "damascus.doubles.gitea", "--root", tmp_path, "--port", str(gitea.port)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"the stand-in for Gitea cannot use 127.0.0.1:{gitea.port}: Address already in use")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("body", ["", "[]", "{nonsense"])
def test_what_is_no_object_is_refused(gitea: Double, body: str) -> None:
    headers = {"Authorization": f"token {gitea.token}"}
    answer = httpx.post(f"{gitea.url}/api/v1/user/repos", content=body, headers=headers)
    assert answer.status_code == 422
