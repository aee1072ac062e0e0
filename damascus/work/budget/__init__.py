"""Spending limits: every model call reserves its worst case before it is made."""
