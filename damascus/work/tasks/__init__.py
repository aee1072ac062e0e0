"""Missions and tasks: their state machines, leases, transcripts, subtasks and recovery."""
