"""Roles that the program itself knows; all others are the personas' own."""

PLANNER = "vp"
