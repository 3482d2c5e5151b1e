"""One channel of a client, and the options for joining it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Callable, Union

from ..events import Joined, Left, PresenceChange, Snapshot
from .core import Core
from .presence import PresenceSet

Token = Union[str, Callable[[], Union[str, Awaitable[str]]]]


@dataclass(frozen=True)
class Wish:
    """The options of the first join."""

    presence: bool = True
    recent: int | None = None
    snapshot: bool = False
    token: Token | None = None


class Membership:
    """One channel: it is joined once, however many handles there are."""

    def __init__(self, core: Core, address: str, wish: Wish) -> None:
        self.address = address
        self.handles = 0
        self.view = False
        self.ended = False
        self.wish = wish
        self.snapshot: Snapshot | None = None
        self.state: dict[str, Any] | None = None
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.joined.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._core = core
        self.presence = PresenceSet(address, self._changed)

    def _changed(self, change: PresenceChange) -> None:
        for event in (Joined(self.address, change.joined), Left(self.address, change.left)):
            if event.users:
                self._core.router.tell(self.address, event)
        self._core.emitter.emit("presence", change)
