"""docs/reference/exit-codes.md: the codes of `ceo`, and which error has which."""

from damascus.cli import exit_codes
from scripts.reference.markdown import sentence, table


def codes() -> str:
    """Return a table of the codes, each with the errors that end with it."""
    names = {value: name for name, value in vars(exit_codes).items() if isinstance(value, int) and name.isupper()}
    rows = [
        (
            str(value),
            name.lower().replace("_", " "),
            " ".join(_error(k) for k, code in exit_codes.CODES if code == value),
        )
        for value, name in sorted(names.items())
    ]
    return table(("code", "name", "errors, and what each is by default"), rows)


def _error(kind: type[Exception]) -> str:
    return f"`{kind.__name__}`: {sentence(kind.__doc__)}"
