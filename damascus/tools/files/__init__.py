"""Tools on the files of a task's repository."""
