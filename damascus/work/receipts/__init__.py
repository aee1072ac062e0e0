"""What the program checks before a task counts as done."""
