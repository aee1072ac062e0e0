"""How work comes in: directives, proposals and the plan."""
