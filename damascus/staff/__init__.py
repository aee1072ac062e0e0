"""Who there is and how directives are handled: personas and playbooks, read from files."""
