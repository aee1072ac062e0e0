"""`--repo`: existing code, named as the office can find it."""

from pathlib import Path
from urllib.parse import urlsplit

from damascus.core.errors import Invalid
from damascus.core.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def code_named(settings: Settings, repo: str | None, test: str | None) -> dict[str, str | None]:
    """Return what a request says of existing code. Raises Invalid for a folder that the office cannot see."""
    if repo is None:
        if test is not None:
            raise Invalid("--test is of existing code: name it with --repo URL or --repo PATH")
        return {}
    if "://" in repo:
        return {"repository": repo, "test_command": test}
    host = urlsplit(settings.office.url).hostname if settings.office.url else LOOPBACK[0]
    if host not in LOOPBACK:
        raise Invalid(
            f"the office is on {host}, which does not see folders of this machine: push the code to where it has an "
            "https address, and name that with --repo"
        )
    folder = Path(repo).expanduser()
    if not folder.is_dir():
        raise Invalid(f"--repo {repo}: there is no such folder; name a git repository, or an https address")
    return {"repository": str(folder.resolve()), "test_command": test}
