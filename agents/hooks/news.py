"""Tells the model of a resumed task what others did meanwhile."""

from dataclasses import replace

from agents.hooks.hook import Hook
from agents.run import Run


class News(Hook):
    """Says the news of a run once, behind what the transcript holds and never before it."""

    async def after_act(self, run: Run) -> None:
        """Write the news and how far the model was told, in one step."""
        if run.beginning.news:
            await run.journal.say(run.beginning.news, run.beginning.opening.told)
            run.beginning = replace(run.beginning, news="")
