"""docs/reference/models.md: what the rehearsal can play of providers, from its data files."""

from damascus.doubles.model.quirks import load_quirks
from scripts.reference.markdown import table


def quirks() -> str:
    """Return the table of providers' quirks, and how many shapes of responses are tried for each."""
    rows = [
        (one["provider"], one["quirk"], one["since"], one["company"], str(len(one["streams"])))
        for one in load_quirks().values()
    ]
    return table(("provider", "what it does", "since", "what the company does", "shapes tried"), rows)
