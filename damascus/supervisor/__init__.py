"""Starts the company without Docker and keeps it running: `python -m damascus.supervisor`."""
