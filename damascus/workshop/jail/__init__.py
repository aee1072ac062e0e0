"""The launcher of a jailed command: a program of its own, started for each command.

It imports the standard library only, and little of that, for it is started often. `launch.py` is its entry.
"""
