"""What was told in a scenario, and what of it was waited for already."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Iterator

from .processes import Failed
from .scenario import matches


@dataclass
class Told:
    """An event, when it came, and whether an `await` took it."""

    at: float
    event: dict[str, Any]
    taken: bool = False


class Record:
    """Events in the order in which they came."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._first = 0
        self._arrived = asyncio.Event()

    def add(self, at: float, event: dict[str, Any]) -> None:
        """Appends."""
        self._told.append(Told(at, event))
        self._arrived.set()

    def begin(self) -> None:
        """`when` begins: what was told before is no part of what is judged."""
        self._first = len(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def all(self, pattern: Any = None, *, whole: bool = False, since: int = 0) -> Iterator[Told]:
        """Events since `when` began, or of the whole run, that match."""
        for told in self._told[max(since, 0 if whole else self._first) :]:
            if pattern is None or matches(pattern, told.event):
                yield told

    async def take(self, pattern: Any, within: float, times: int) -> dict[str, Any]:
        """Waits for events that nobody took before; the last of them."""
        deadline = time.monotonic() + within
        found: list[Told] = []
        while True:
            for told in self._told[self._first :]:
                if not told.taken and matches(pattern, told.event):
                    told.taken = True
                    found.append(told)
                    if len(found) == times:
                        return told.event
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), max(0.0, deadline - time.monotonic()))
            except asyncio.TimeoutError:
                raise Failed(f"not told within {within:.1f} s: {pattern} ({len(found)} of {times})") from None
