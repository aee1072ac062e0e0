"""Text of a page, taken from its bytes in a process of its own: what parses a stranger's bytes may die of them."""
