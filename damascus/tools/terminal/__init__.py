"""Tools that run commands in the workshop."""
