"""A command may print without end; a model reads its beginning and its end."""


class Excerpt:
    """Collects bytes and keeps the first and the last half of `limit`."""

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """Add `data`; memory stays within a few times the limit."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> str:
        """Return what was kept, as text; a line in the middle says how many of all bytes are missing."""
        tail = bytes(self._tail[-self._half :])
        missing = self.total - len(self._head) - len(tail)
        head = self._head.decode(errors="replace")
        if not missing:
            return (self._head + tail).decode(errors="replace")
        return f"{head}\n[{missing} of {self.total} bytes left out]\n{tail.decode(errors='replace')}"
