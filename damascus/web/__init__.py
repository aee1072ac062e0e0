"""The port to the outside: pages and search results, read for agents that have no other way out."""
