"""Queries, one file per noun; nobody here commits."""
