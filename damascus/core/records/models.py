"""What was learnt of a model at an address."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class LearntModel:
    """What a model's server takes; the defaults are what the protocol says.

    `refused` are fields that are left out, `needed` those that each message with calls must have. `renamed_limit`: the
    limit of output is called `max_completion_tokens`. `max_tokens` is the most that it takes there. `whole`: it does
    not stream. `too_large` is the size in bytes of the smallest request that did not fit its context.
    """

    refused: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    renamed_limit: bool = False
    max_tokens: int | None = None
    whole: bool = False
    too_large: int | None = None

    def with_also(self, other: "LearntModel") -> "LearntModel":
        """Return what two calls have learnt."""
        return replace(
            self,
            refused=tuple(sorted({*self.refused, *other.refused})),
            needed=tuple(sorted({*self.needed, *other.needed})),
            renamed_limit=self.renamed_limit or other.renamed_limit,
            max_tokens=_least(self.max_tokens, other.max_tokens),
            whole=self.whole or other.whole,
            too_large=_least(self.too_large, other.too_large),
        )


def _least(one: int | None, other: int | None) -> int | None:
    given = [number for number in (one, other) if number is not None]
    return min(given) if given else None
