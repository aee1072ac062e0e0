"""How a run of a task ended: one exception type each, caught once in `BaseAgent.run`."""

from typing import ClassVar


class RunOutcome(Exception):
    """A run is over; the message is what a person reads, `label` how the log calls it."""

    label: ClassVar[str]


class Finished(RunOutcome):
    """The work is done and its receipts hold."""

    label = "finished"


class Planned(RunOutcome):
    """The plan was accepted; the planning task is completed."""

    label = "planned"


class Reviewed(RunOutcome):
    """The review was accepted; the reviewing task is completed."""

    label = "reviewed"


class Parked(RunOutcome):
    """The task waits for the CEO, for money or for another task; its worker is free."""

    label = "parked"


class Failed(RunOutcome):
    """The task cannot be done; a new plan may work around it."""

    label = "failed"


class AgentBlocked(Failed):
    """The agent says that it cannot continue."""

    label = "blocked"


class OutOfTurns(Failed):
    """The task took more turns or time than a task may."""

    label = "out of turns"


class Stuck(Failed):
    """The agent repeats itself without making progress."""

    label = "stuck"


class ModelFailed(Failed):
    """The model does not respond or refuses to; no other plan can fix that."""

    label = "model failed"
