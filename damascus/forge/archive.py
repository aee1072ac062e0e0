"""A commit as a zip: what a person is handed who does not use git."""

import io
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

from damascus.forge.objects import open_objects
from damascus.forge.working_files import EXECUTABLE, LINK

# what tools leave behind when the code is run, by the name of a file or a folder anywhere in the path
CACHES = (
    "__pycache__", "*.py[cod]", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".venv",
    "node_modules", ".npm", ".cache", ".coverage", "htmlcov", "*.egg-info", ".DS_Store", "Thumbs.db",
)  # fmt: skip
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip knows: the same commit makes the same bytes


def zip_of(bare: Path, sha: str) -> bytes:
    """Return the files of a commit, without caches, as a zip: the same bytes each time. Links are left out."""
    out = io.BytesIO()
    with open_objects(bare) as objects, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in objects.files(sha):
            if file.mode != LINK and not _is_cache(file.path):
                entry = zipfile.ZipInfo("/".join(file.path), EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if file.mode == EXECUTABLE else 0o644) << 16
                zipped.writestr(entry, file.data)
    return out.getvalue()


def _is_cache(path: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, known) for name in path for known in CACHES)
