"""How a task run ends: one exception type each, caught once in BaseAgent.run."""


class Ending(Exception):
    """A run is over; the message is what a person reads."""


class Finished(Ending):
    """The work is done and its receipts hold."""


class Planned(Ending):
    """The plan was accepted; the planning task is completed."""


class Parked(Ending):
    """The task waits for the CEO, for money or for another task; its worker is free."""


class Failed(Ending):
    """The task cannot be done; someone else may plan around it."""


class Blocked(Failed):
    """The agent says that it cannot go on."""


class OutOfTurns(Failed):
    """The task took more turns or time than a task may."""


class Stuck(Failed):
    """The agent repeats itself without getting on."""


class ModelGone(Failed):
    """The model does not answer or refuses to; no plan can mend that."""
