"""What every room needs and nothing of ours: settings, errors, clock, ids, messages, events."""
