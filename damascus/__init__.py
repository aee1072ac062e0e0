"""Damascus Frontier: a self-hosted company of AI agents (see ARCHITECTURE.md)."""
