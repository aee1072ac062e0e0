"""`ledger`: the database that holds the truth."""

from pydantic import Field

from damascus.core.settings.section import Address, Section


class LedgerSettings(Section):
    """Where the ledger is."""

    url: Address = Field(
        "",
        description="postgresql://USER:PASSWORD@HOST/DATABASE with libpq's parameters (docs/how-to/scale.md), or "
        "sqlite:///PATH; empty: SQLite in company.home",
    )
