"""Pictures in a request: for a model that sees as OpenAI's protocol has them, for another as a sentence.

What one counts as is a bound over what vendors publish. The most has OpenAI's gpt-4o-mini: 2,833 tokens, and 5,667 for
each tile of 512 pixels of the picture as it is scaled, within 2,048 pixels and then to 768 on its shorter side
("Images and vision: calculating costs", platform.openai.com/docs/guides/images-vision). Its other models have at most
170 a tile; Anthropic's at most 4,784 (width * height / 750); Google's 258 for each tile of 768 pixels.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

from damascus.core.records.turns import PICTURES
from damascus.llm.port import ShownPicture

_BASE_TOKENS, _TILE_TOKENS, _TILE_PIXELS = 2_833, 5_667, 512
_LONG_SIDE_PIXELS, _SHORT_SIDE_PIXELS = 2_048, 768
PICTURE_FIELD = "image_url"  # of a message's part; refused by a model that does not see
UNSEEN = "[This model sees no pictures: the result above says in words what was seen.]"


def max_picture_tokens(width: int, height: int) -> int:
    """Return the most tokens that a picture of so many pixels counts as."""
    scale = min(1.0, _LONG_SIDE_PIXELS / max(width, height))
    scale = min(scale, _SHORT_SIDE_PIXELS / min(width, height))
    tiles = math.ceil(width * scale / _TILE_PIXELS) * math.ceil(height * scale / _TILE_PIXELS)
    return _BASE_TOKENS + _TILE_TOKENS * tiles


def as_sent(message: Mapping[str, Any], *, sees: bool) -> dict[str, Any]:
    """Return a message as a model takes it that sees pictures, or does not."""
    plain = {key: value for key, value in message.items() if key != PICTURES}
    shown: Sequence[ShownPicture] = message.get(PICTURES, ())
    if not shown:
        return plain
    if not sees:
        return {**plain, "content": f"{plain['content']}\n{UNSEEN}"}
    return {**plain, "content": [{"type": "text", "text": plain["content"]}, *map(_part, shown)]}


def in_place_of_bytes(messages: Sequence[Mapping[str, Any]]) -> int:
    """Return by how much a body with the pictures of these messages is larger than what they count as."""
    shown = [picture for message in messages for picture in message.get(PICTURES, ())]
    return sum(len(_url(one)) - max_picture_tokens(one.picture.width, one.picture.height) for one in shown)


def _part(shown: ShownPicture) -> dict[str, Any]:
    return {"type": PICTURE_FIELD, PICTURE_FIELD: {"url": _url(shown)}}


def _url(shown: ShownPicture) -> str:
    return f"data:image/png;base64,{base64.b64encode(shown.png).decode('ascii')}"
