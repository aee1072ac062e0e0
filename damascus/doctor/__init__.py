"""Checks every part of the company the way the company uses it, and says how to fix what is broken.

A part is one file in `checks/` and one line in `examine.py`.
"""
