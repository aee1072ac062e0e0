"""What every package needs, importing none of them: settings, errors, clock, ids, messages, events."""
