"""How work flows: directive, proposal, mission, tasks, receipts, and the money they cost.

Every function that takes a `tx` writes inside the caller's transaction and never commits; `Outbox.transaction()`
is what commits, and sends what was posted.
"""
