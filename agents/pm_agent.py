"""The Product Manager: research, PRD, plans; nothing it does differs from the loop."""

from agents.base_agent import BaseAgent


class PMAgent(BaseAgent):
    """Its persona and tools say all that is special."""
