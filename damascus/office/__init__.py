"""The one always-on process: the management API, and the daemon that thinks for free."""
