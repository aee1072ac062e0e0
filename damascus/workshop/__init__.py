"""Where commands run: a port (`base.Workshop`) and its implementations; no secret is within reach of a command."""
