"""Tools of speech: the trail, messages, questions, sub-tasks, plans, and the end of a task."""
