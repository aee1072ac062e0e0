"""Damascus Frontier: a self-hosted company of AI agents (see ARCHITECTURE.md)."""

__version__ = "0.1.0"
