"""Actions to be sent or acknowledged: bounded and ordered."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import HubError
from ..options import Queue
from .sent import Sent


@dataclass
class Entry:
    """An unacknowledged action."""

    id: str
    text: str
    to: str
    seq: int
    sent: Sent
    expires_at: float
    """The time at which it expires if it was never sent."""
    deadline: float | None
    """The caller's deadline, whether it was sent or not."""
    bytes: int
    attempts: int = 0
    first_sent_at: float = 0.0
    ack_due_at: float = 0.0
    stale: bool = False
    """Too old to be retried safely: only its own echo can now prove that it was stored."""


class Outbox:
    """Entries in the order of their sends. Unacknowledged actions are sent again before newer ones."""

    def __init__(self, bound: Queue) -> None:
        self._bound = bound
        self._entries: dict[str, Entry] = {}
        self._waiting: list[tuple[int, str]] = []
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    def get(self, id: str | None) -> Entry | None:
        """The entry with this id."""
        return self._entries.get(id) if isinstance(id, str) else None

    def check(self, id: str, bytes: int) -> None:
        """Raises if there is no room for an action of this size."""
        if id in self._entries:
            raise HubError("id_conflict", "an action with this id is under way", id=id)
        if len(self._entries) >= self._bound.items or self._bytes + bytes > self._bound.bytes:
            raise HubError("queue_full", f"{len(self._entries)} actions wait already", id=id)

    def add(self, entry: Entry, flying: bool = False) -> None:
        """Appends an action that was checked; `flying` if the caller sends it itself."""
        self._entries[entry.id] = entry
        self._bytes += entry.bytes
        if not flying:
            self.again(entry)

    def remove(self, id: str) -> Entry | None:
        """Removes a finished action."""
        entry = self._entries.pop(id, None)
        if entry is not None:
            self._bytes -= entry.bytes
        return entry

    def again(self, entry: Entry) -> None:
        """Schedules the action to be sent again in its turn."""
        heapq.heappush(self._waiting, (entry.seq, entry.id))

    def next(self) -> Entry | None:
        """Takes the oldest action to be sent."""
        while self._waiting:
            entry = self._entries.get(heapq.heappop(self._waiting)[1])
            if entry is not None and not entry.stale:
                return entry
        return None

    def all_again(self) -> None:
        """After a reconnect: schedules all unacknowledged actions."""
        self._waiting = [(entry.seq, entry.id) for entry in self._entries.values()]
        heapq.heapify(self._waiting)
