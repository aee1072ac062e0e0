"""Several rankings as one: what stands high in any of them stands high in the end (reciprocal rank fusion)."""

from collections import defaultdict
from collections.abc import Sequence

K = 60  # how much less a second place counts than a first; 60 is the figure of the method's authors


def fuse(rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the score of each id, the best first: the sum of 1 / (K + its rank), of all rankings that have it.

    Of two with one score the one that stands higher in the last ranking comes first.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, id in enumerate(ranking, 1):
            scores[id] += 1 / (K + rank)
    last = {id: rank for rank, id in enumerate(rankings[-1])} if rankings else {}
    return dict(sorted(scores.items(), key=lambda item: (-round(item[1], 12), last.get(item[0], len(last)), item[0])))
