"""The staff at work: one process per role, each on one loop."""
