"""Searches: a table of providers, and the one that asks them in turn."""
