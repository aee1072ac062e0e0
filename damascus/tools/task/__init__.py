"""Tools that end or shape the task at hand."""
