"""Tells a model that the provider's filter refused what it said, so that it says it otherwise."""

from agents.hooks.hook import Hook, Operation
from agents.outcomes import AgentBlocked
from agents.run import Run
from damascus.core.errors import FilteredByProvider, RequestNotTaken
from damascus.core.text import one_line
from damascus.llm.port import ModelResponse

MAX_FILTERED = 2  # times that a task may be told so
FILTERED_NOTE = "The provider's content filter refused your last step. Say it in other words, or call `blocked`."
SHOWN_CHARS = 300


class FilteredRequests(Hook):
    """Asks again behind a note, MAX_FILTERED times in a task; a request that stays refused blocks the task."""

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        """Carry out one model call; raise AgentBlocked with the server's words if its request stays refused."""
        while True:
            try:
                return await think()
            except FilteredByProvider as error:
                if run.journal.times_said(FILTERED_NOTE) >= MAX_FILTERED:
                    raise AgentBlocked(str(error)) from error
                await run.journal.say(f"{FILTERED_NOTE} {one_line(str(error), SHOWN_CHARS)}")
            except RequestNotTaken as error:
                raise AgentBlocked(str(error)) from error
