"""The Engineer: code that is tested and pushed; nothing it does differs from the loop."""

from agents.base_agent import BaseAgent


class EngineerAgent(BaseAgent):
    """Its persona and tools say all that is special."""
