"""The pictures that a conversation's calls made, read again from where they are kept."""

import hashlib
from pathlib import Path

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import DamascusError
from damascus.core.records.turns import Picture
from damascus.llm.port import ShownPicture

MAX_PICTURE_BYTES = 2_000_000


def shown(shared: Path, picture: Picture) -> ShownPicture | None:
    """Return a picture to show, None if it is not there any more as it was when the call made it."""
    try:
        png = ConfinedFolder(shared).read(picture.path, MAX_PICTURE_BYTES)
    except DamascusError:
        return None
    return ShownPicture(picture, png) if hashlib.sha256(png).hexdigest() == picture.digest else None
