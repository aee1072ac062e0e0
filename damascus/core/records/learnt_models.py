"""What was learnt of a model at an address, and its row, which all processes share."""

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LearntModel:
    """What a model's server takes; the defaults are what the protocol says.

    `refused` are fields that are left out, `needed` those that each message with calls must have. `renamed_limit`: the
    limit of output is called `max_completion_tokens`. `max_tokens` is the most that it takes there. `whole`: it does
    not stream. `too_large` is the size in bytes of the smallest request that did not fit its context, `window` that
    context in tokens.
    """

    refused: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    renamed_limit: bool = False
    max_tokens: int | None = None
    whole: bool = False
    too_large: int | None = None
    window: int | None = None

    def with_also(self, other: "LearntModel") -> "LearntModel":
        """Return what two calls have learnt; where they contradict each other, what `other` has."""
        return replace(
            self,
            refused=tuple(sorted({*self.refused, *other.refused} - {*other.needed})),
            needed=tuple(sorted({*self.needed, *other.needed} - ({*other.refused} - {*other.needed}))),
            renamed_limit=self.renamed_limit or other.renamed_limit,
            max_tokens=least(self.max_tokens, other.max_tokens),
            whole=self.whole or other.whole,
            too_large=least(self.too_large, other.too_large),
            window=least(self.window, other.window),
        )

    def beyond(self, known: "LearntModel") -> "LearntModel":
        """Return only what differs from what was known."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        changed: dict[str, Any] = {name: value for name, value in given.items() if value != getattr(known, name)}
        return LearntModel(**changed)

    def without_sizes(self) -> "LearntModel":
        """Return what does not depend on how the server was started."""
        return replace(self, max_tokens=None, too_large=None, window=None)


@dataclass(frozen=True, slots=True)
class LearntModelRow:
    """What all processes of the company have learnt of a model at an address."""

    id: str
    url: str
    model: str
    known: LearntModel
    created_at: datetime
    updated_at: datetime


def learnt_id(url: str, model: str) -> str:
    """Return the key of a model's row, of one length however long its name and address are."""
    return hashlib.blake2b(f"{url}\n{model}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def least(*numbers: int | None) -> int | None:
    """Return the smallest of those that are given, None if none is."""
    return min((number for number in numbers if number is not None), default=None)
