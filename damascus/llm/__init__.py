"""Access to the model: one client for any OpenAI-compatible server, and the rehearsal that stands in for one."""
