"""Server-sent events, only as far as model servers use them: the data of each event, as bytes, bounded in size.

Not httpx-sse: it bounds no event's size (a hostile server could fill the memory), drops a last event without its blank
line (some servers send none), and works on the responses of another HTTP client than the vendor's.
"""

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some put before everything
MAX_EVENT_BYTES = 16 * 1024 * 1024


class SseParser:
    """Splits a stream of bytes into the data of its events; names, ids and comments are passed over."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0
        self._ends_in_return = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the events that `chunk` completes. Raises ValueError if one is longer than MAX_EVENT_BYTES."""
        self._size += len(chunk)
        if self._size > MAX_EVENT_BYTES:
            raise ValueError("the server sends an event that does not end")
        if b"\n" not in chunk and b"\r" not in chunk and not self._ends_in_return:
            self._line.append(chunk)
            return []
        text = b"".join([*self._line, chunk])
        self._ends_in_return = text.endswith(b"\r")  # the line feed that belongs to it may be yet to come
        *lines, rest = _LINE_END.split(text[:-1] if self._ends_in_return else text)
        rest += b"\r" if self._ends_in_return else b""
        self._line = [rest]
        found = [data for line in lines if (data := self._end_line(line))]
        if found:
            self._size = len(rest)
        return found

    def rest(self) -> list[bytes]:
        """Return the event that the end of the stream completes, if any."""
        last = self._end_line(b"".join(self._line).removesuffix(b"\r")) or self._end_line(b"")
        self._line, self._ends_in_return = [], False
        return [last] if last else []

    def _end_line(self, line: bytes) -> bytes:
        line = line.removeprefix(_MARK)
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        if line or not self._data:
            return b""
        data, self._data = b"\n".join(self._data), []
        return data
