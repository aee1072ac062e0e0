"""How long a command waits: `--timeout`."""

from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import Invalid


class Deadline:
    """The moment at which a command stops waiting."""

    def __init__(self, timeout: float | None, clock: Clock | None = None) -> None:
        """Begin to count `timeout` seconds, None for ever. Raises Invalid if it is not positive."""
        if timeout is not None and not timeout > 0:
            raise Invalid(f"--timeout {timeout:g}: give a positive number of seconds, such as 600")
        self._clock = clock or SystemClock()
        self._until = None if timeout is None else self._clock.monotonic() + timeout

    def seconds_left(self) -> float | None:
        """Return the seconds that are left, negative once it has passed; None if there is no deadline."""
        return None if self._until is None else self._until - self._clock.monotonic()

    @property
    def passed(self) -> bool:
        left = self.seconds_left()
        return left is not None and left < 0
