"""Sales: market, pricing, go-to-market; nothing it does differs from the loop."""

from agents.base_agent import BaseAgent


class SalesAgent(BaseAgent):
    """Its persona and tools say all that is special."""
