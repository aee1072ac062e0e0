"""The staff: one process per role on one BaseAgent."""
