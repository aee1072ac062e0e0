"""A push to Gitea over HTTP, or a fetch. The token is in the environment of that one git and nowhere else.

git asks a credential helper for it, and only for Gitea's own address: it is in no URL, argument, config
file or message. Redirects are not followed, so it goes to no other host.

A failed push says little: git sends a pack again whose answer was lost, and meets its own first try. So after a failure
the branch at the forge decides whether it was one, unless the forge itself said no.
"""

from pathlib import Path
from urllib.parse import urlsplit

import git

from damascus.core.errors import Conflict, ForgeUnavailable
from damascus.core.network import Route
from damascus.core.redaction import redact
from damascus.core.settings import ForgeSettings
from damascus.forge.adoption import fetch_head
from damascus.forge.git_command import BRANCH, run_git, start_git, unavailable
from damascus.forge.gitea.push_refusals import push_refusal, was_refused
from damascus.forge.request_count import note_requests
from damascus.forge.trust_file import certificates_file

PUSH_TIMEOUT_SECONDS = 300.0
STALL_SECONDS = 30
# at most: git asks without the token, with it, tries how a large pack would be taken, and sends or gets the pack
MAX_REQUESTS = {"push": 4, "fetch": 4, "ls-remote": 2}
USER = "token"
USER_VARIABLE = "DAMASCUS_GITEA_USER"
TOKEN_VARIABLE = "DAMASCUS_GITEA_TOKEN"  # noqa: S105
CREDENTIAL_HELPER = (
    '!f() { test "$1" = get && '
    f"""printf 'username=%s\\npassword=%s\\n' "${USER_VARIABLE}" "${TOKEN_VARIABLE}"; }}; f"""
)


class GitPush:
    """One push of a commit to a branch of a repository at Gitea; has no effect if the commit is there already."""

    def __init__(
        self, bare: Path, settings: ForgeSettings, full_name: str, sha: str, branch: str = BRANCH,
        seconds: float = PUSH_TIMEOUT_SECONDS,
    ) -> None:  # fmt: skip
        self._bare = bare
        self._settings = settings
        self._full_name = full_name
        self._sha = sha
        self._branch = branch
        self._seconds = seconds
        self._route = Route.to(settings.url, "GITEA_URL", settings.ca, "GITEA_CA", verify=settings.ssl_verify)
        self._process: git.Git.AutoInterrupt | None = None
        self._stopped = False

    def run(self) -> None:
        """Push, and block until it is done.

        Raises:
            Conflict: if Gitea has other commits.
            ForgeUnavailable: if it may succeed later.
        """
        status, _, said = self._git("push", "--quiet", "--no-verify", self._url, f"{self._sha}:{self._ref}")
        # once stopped it starts no other git: one that is ended as it starts may leave its child behind
        if status != 0 and (self._stopped or was_refused(said) or not self._is_out()):
            raise self._refusal(status, said)

    def clone(self, branch: str, bare: Path) -> str:
        """Bring a branch, empty for what HEAD is, into a new repository as `main`; returns its name. Blocks meanwhile.

        Raises:
            Invalid: if it is not one that the company can work with.
            Unavailable: if it may succeed later.
        """
        token = self._settings.read_token()
        note_requests(MAX_REQUESTS["ls-remote"] + MAX_REQUESTS["fetch"])
        with certificates_file(self._route) as certificates:
            env = _environment(self._settings, self._route, token, certificates)
            return fetch_head(bare, self._url, env | {"GIT_ALLOW_PROTOCOL": urlsplit(self._url).scheme}, branch)

    def fetch(self) -> None:
        """Have the branch here begin from what it is at Gitea, if it is there; blocks until that is done.

        Raises ForgeUnavailable as `run` does.
        """
        status, _, said = self._git(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self._url, f"+{self._ref}:{self._ref}"
        )
        if status != 0 and "couldn't find remote ref" not in said:
            raise self._refusal(status, said)

    def _refusal(self, status: int, said: str) -> Conflict | ForgeUnavailable:
        if problem := self._route.problem_in(said):
            return ForgeUnavailable(problem)
        return push_refusal(status, said, (self._branch, self._full_name), self._seconds)

    def stop(self) -> None:
        """End the push, from another thread."""
        self._stopped = True
        if self._process is not None:
            self._process.terminate()

    @property
    def _ref(self) -> str:
        return f"refs/heads/{self._branch}"

    @property
    def _url(self) -> str:
        return f"{self._settings.url}/{self._full_name}.git"

    def _is_out(self) -> bool:
        """Return True if the commit is in the forge's branch, as far as our own store knows that history."""
        status, shown, _ = self._git("ls-remote", "--quiet", self._url, self._ref)
        head = shown.split("\t")[0].strip() if status == 0 else ""
        if not head or head == self._sha:
            return bool(head)
        try:
            run_git(self._bare, "merge-base", "--is-ancestor", self._sha, head)
        except git.GitCommandError:
            return False  # also where we do not have that commit: it is somebody else's
        return True

    def _git(self, *command: str) -> tuple[int, str, str]:
        """Run git with the token at hand. Returns its exit status, its output, and its errors without the token."""
        token = self._settings.read_token()
        note_requests(MAX_REQUESTS[command[0]])
        with certificates_file(self._route) as certificates:
            return self._run(command, _environment(self._settings, self._route, token, certificates))

    def _run(self, command: tuple[str, ...], env: dict[str, str]) -> tuple[int, str, str]:
        try:
            process = self._process = start_git(self._bare, *command, env=env, seconds=self._seconds)
            if self._stopped:
                process.terminate()
            shown, said = process.communicate()
        except git.GitCommandError as error:
            raise unavailable(error, "push to Gitea") from error
        return process.returncode, _text(shown), redact(_text(said))


def _text(given: bytes | str) -> str:
    return given if isinstance(given, str) else given.decode("utf-8", "replace")


def _environment(settings: ForgeSettings, route: Route, token: str, certificates: str) -> dict[str, str]:
    host = urlsplit(settings.url)._replace(path="").geturl()
    config = {
        "credential.helper": "",  # forget those of this machine
        f"credential.{host}.helper": CREDENTIAL_HELPER,
        "http.followRedirects": "false",
        "protocol.version": "0",  # asks for the branch in one request instead of two
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": str(STALL_SECONDS),
        "http.proxy": route.proxy.url if route.proxy else "",
    }
    env = {USER_VARIABLE: USER, TOKEN_VARIABLE: token, "GIT_CONFIG_COUNT": str(len(config))}
    for n, (key, value) in enumerate(config.items()):
        env |= {f"GIT_CONFIG_KEY_{n}": key, f"GIT_CONFIG_VALUE_{n}": value}
    if not settings.ssl_verify:
        env["GIT_SSL_NO_VERIFY"] = "1"
    elif certificates:
        env["GIT_SSL_CAINFO"] = certificates
    return env
