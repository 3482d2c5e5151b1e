"""Server-sent events (WHATWG HTML, "Interpreting an event stream"), as far as a node writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerEvent:
    """`message` where it names no kind."""

    kind: str
    data: str


class EventReader:
    """Reads events from bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events that end in this piece."""
        # the node ends lines with LF, and so does whatever is between it and here
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            field, _, value = line.decode().partition(":")
            value = value[1:] if value.startswith(" ") else value
            if not line:
                if self._data:
                    yield ServerEvent(self._kind or "message", "\n".join(self._data))
                self._kind, self._data = "", []
            elif field == "event":
                self._kind = value
            elif field == "data":
                self._data.append(value)
