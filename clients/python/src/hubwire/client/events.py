"""Parses server-sent events (WHATWG HTML, "Interpreting an event stream"), to the extent that a node uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerEvent:
    """One event; its type is `message` by default."""

    kind: str
    data: str


class EventReader:
    """Parses events from bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events completed by this piece."""
        # only LF ends a line: the node uses it, and proxies do not change it
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
