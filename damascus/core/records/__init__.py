"""The frozen rows that everybody shares, and their StrEnums; `ledger` maps them to tables."""
