"""Writes the files of a commit into a folder, and nothing else of its repository.

They are exactly the bytes of the commit: no attribute changes or hides one.
"""

from pathlib import Path

from damascus.core.errors import Conflict, NotFound
from damascus.forge.objects import open_objects, write_files
from damascus.forge.port import never
from damascus.forge.working_files import Withhold


def export_commit(git_dir: Path, sha: str, folder: Path, leave_out: Withhold = never) -> list[str]:
    """Write a commit's files into `folder`, which must not exist. Returns the paths of those that were left out.

    Raises:
        NotFound: if there is no such commit.
        Conflict: if the folder exists.
        Invalid: if the commit has what no folder should get, such as a submodule or a link that leads out.
    """
    if not git_dir.exists():
        raise NotFound(f"{git_dir.stem} has no commit {sha}")
    with open_objects(git_dir) as objects:
        objects.tree_of(sha)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise Conflict(f"{folder} already exists; a checkout needs a folder of its own") from None
        return write_files(objects.files(sha), folder, leave_out)
