"""Where commands run: a port (`port.Workshop`) and its implementations; no secret is within reach of a command."""
