"""The truth: one SQL database, reached through `Ledger.transaction()`; everything else may be wiped."""
