"""What Gitea shows of finished work: a release with the files of its commit, a pull request for code of somebody's.

Both are found again by their marks, so that a crash between a request and its record doubles nothing.
"""

from pathlib import Path

from damascus.core.errors import ForgeUnavailable
from damascus.forge.archive import zip_of
from damascus.forge.board import PullRequest, Release, has_mark, marked
from damascus.forge.git_command import BRANCH
from damascus.forge.gitea.board_api import BoardApi
from damascus.forge.gitea.responses import RepositoryResponse, RequestRefused


async def show_release(api: BoardApi, there: RepositoryResponse, release: Release, bare: Path) -> str | None:
    """Release a commit and add its zip, whichever of the two is missing. Returns the tag, None if that is not possible.

    Raises ForgeUnavailable if Gitea does not take it, or does not know yet of what was pushed.
    """
    if not there.has_releases:
        return None
    await _check_push_is_seen(api, there, "release")
    found, versions = None, [0]
    async for known in api.releases(there.full_name):
        versions.append(_version(known.tag_name))
        found = known if has_mark(known.body or "", release.mark) else found
    if found is None:
        tag, text = f"v{max(versions) + 1}", marked(release.text, release.mark)
        found = await api.create_release(there.full_name, tag, release.sha, release.title, text)
    if found is None:
        raise RequestRefused(f"{there.full_name} takes no release at the moment")
    if not any(asset.name == release.file_name for asset in found.assets or []):
        await api.add_asset(there.full_name, found.id, release.file_name, zip_of(bare, release.sha))
    return found.tag_name


async def show_pull_request(api: BoardApi, there: RepositoryResponse, request: PullRequest) -> int | None:
    """Ask for a branch to be taken over, or bring what is asked up to date. Returns the number, None if not possible.

    One that a person closed or merged stays as it is, and so does one that a person opened for our branch: Gitea takes
    no second for the same branches. Raises as `show_release` does.
    """
    if not there.has_pull_requests:
        return None
    await _check_push_is_seen(api, there, "pull request")
    text, base = marked(request.text, request.mark), there.default_branch or BRANCH
    of_a_person = None
    async for known in api.pull_requests(there.full_name):
        if has_mark(known.body or "", request.mark):
            if known.state == "open" and (known.title, known.body) != (request.title, text):
                await api.edit_pull_request(there.full_name, known.number, request.title, text)
            return known.number
        ends = (known.state, known.head.ref, known.head.repo_id, known.base.ref)
        if ends == ("open", request.branch, there.id, base):
            of_a_person = known.number
    if of_a_person is not None:
        return of_a_person
    made = await api.create_pull_request(there.full_name, request.branch, base, request.title, text)
    if made is None:
        raise RequestRefused(f"{there.full_name} takes no pull request at the moment")
    return made.number


async def _check_push_is_seen(api: BoardApi, there: RepositoryResponse, wanted: str) -> None:
    """Raise ForgeUnavailable while a repository seems empty.

    Gitea looks at a push only after it has taken it, and never if it was killed meanwhile; or when its page is opened.
    """
    if not there.empty:
        return
    await api.open_page(there.full_name)
    now = await api.repository_by_id(str(there.id))
    if now is None or now.empty:
        raise ForgeUnavailable(
            f"{there.full_name} takes no {wanted} before Gitea has seen what was pushed to it: in a moment, or when "
            "somebody opens its page"
        )


def _version(tag: str) -> int:
    number = tag.removeprefix("v").partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
