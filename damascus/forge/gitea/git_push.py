"""A push to Gitea over HTTP. The token is in the environment of that one git and nowhere else.

git asks a credential helper for it, and only for Gitea's own address: it is in no URL, argument, config
file or message. Redirects are not followed, so it goes to no other host.
"""

from pathlib import Path
from urllib.parse import urlsplit

import git

from damascus.core.errors import Conflict, ForgeUnavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.git_command import BRANCH, error_text, start_git, unavailable

PUSH_TIMEOUT_SECONDS = 300.0
STALL_SECONDS = 30
USER_VARIABLE = "DAMASCUS_GITEA_USER"
TOKEN_VARIABLE = "DAMASCUS_GITEA_TOKEN"  # noqa: S105
CREDENTIAL_HELPER = (
    '!f() { test "$1" = get && '
    f"""printf 'username=%s\\npassword=%s\\n' "${USER_VARIABLE}" "${TOKEN_VARIABLE}"; }}; f"""
)


class GitPush:
    """One push of a commit to `main` of a repository at Gitea; has no effect if the commit is there already."""

    def __init__(
        self, bare: Path, settings: ForgeSettings, full_name: str, sha: str, seconds: float = PUSH_TIMEOUT_SECONDS
    ) -> None:
        self._bare = bare
        self._settings = settings
        self._full_name = full_name
        self._sha = sha
        self._seconds = seconds
        self._process: git.Git.AutoInterrupt | None = None
        self._stopped = False

    def run(self) -> None:
        """Push, and block until it is done.

        Raises:
            Conflict: if Gitea has other commits or refuses ours.
            ForgeUnavailable: if it may succeed later.
        """
        url = self._settings.url.rstrip("/")
        env = _environment(self._settings, urlsplit(url)._replace(path="").geturl())
        command = ("push", "--quiet", "--no-verify", f"{url}/{self._full_name}.git", f"{self._sha}:refs/heads/{BRANCH}")
        try:
            process = self._process = start_git(self._bare, *command, env=env, seconds=self._seconds)
            if self._stopped:
                process.terminate()
            _, stderr = process.communicate()
        except git.GitCommandError as error:
            raise unavailable(error, "push to Gitea") from error
        if process.returncode != 0:
            raise _reason(git.GitCommandError("push", process.returncode, stderr), self._full_name, self._seconds)

    def stop(self) -> None:
        """End the push, from another thread."""
        self._stopped = True
        if self._process is not None:
            self._process.terminate()


def _environment(settings: ForgeSettings, host: str) -> dict[str, str]:
    config = {
        "credential.helper": "",  # forget those of this machine
        f"credential.{host}.helper": CREDENTIAL_HELPER,
        "http.followRedirects": "false",
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": str(STALL_SECONDS),
    }
    env = {USER_VARIABLE: "token", TOKEN_VARIABLE: settings.read_token(), "GIT_CONFIG_COUNT": str(len(config))}
    for n, (key, value) in enumerate(config.items()):
        env |= {f"GIT_CONFIG_KEY_{n}": key, f"GIT_CONFIG_VALUE_{n}": value}
    if not settings.ssl_verify:
        env["GIT_SSL_NO_VERIFY"] = "1"
    elif settings.ca_file:
        env["GIT_SSL_CAINFO"] = str(Path(settings.ca_file).absolute())  # git runs elsewhere
    return env


def _reason(error: git.GitCommandError, full_name: str, seconds: float) -> Conflict | ForgeUnavailable:
    text = error_text(error)
    if "[remote rejected]" in text or "pre-receive hook declined" in text:
        return Conflict(f"Gitea refused the push to {BRANCH} of {full_name}: {text[:300]}")
    if "[rejected]" in text:
        return Conflict(f"{BRANCH} of {full_name} at Gitea has commits from elsewhere; nothing was overwritten")
    if "Authentication failed" in text or "could not read Username" in text:
        return ForgeUnavailable("Gitea rejected the token for a push; create a new one and set GITEA_TOKEN")
    if "error: 403" in text:
        return ForgeUnavailable("Gitea refused the push (403); the token needs the scope write:repository")
    if "not found" in text:
        return ForgeUnavailable(f"{full_name} is not at Gitea any more; it will be made again")
    if error.status in (-9, 137):
        return ForgeUnavailable(f"the push to Gitea did not end within {seconds:g} s")
    return ForgeUnavailable(f"git could not push to Gitea: {text[:300]}")
