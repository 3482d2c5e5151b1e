"""Who of some users is online, wherever they are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ..codec import Action, payload_of
from ..errors import HubError
from ..events import Emitter, StateChange
from .core import Core


@dataclass(frozen=True)
class Watched:
    """A user who is watched."""

    user: str
    online: bool
    sessions: int
    last_seen: int | None = None
    """Of one who is offline, where the node knows it: Unix milliseconds."""


class Watch:
    """Watches users until it is closed: asked anew on each connection. A refusal is an `error` event, and none is
    watched then."""

    def __init__(self, core: Core, users: Iterable[str]) -> None:
        self._core = core
        self._names = tuple(dict.fromkeys(users))
        self._emitter = Emitter()
        self._asking: asyncio.Future[None] | None = None
        self._closed = False
        self.users: Mapping[str, Watched] = {}
        """As last heard; empty before the first answer. Another mapping after each change."""
        self.stale = True
        """Not connected, or not answered yet."""
        for name in self._names:
            core.watched[name] = core.watched.get(name, 0) + 1
        self._off = [core.emitter.on("@@hub/presence", self._pushed), core.emitter.on("state", self._moved)]
        if core.state == "connected":
            self._ask()

    def on(self, handler: Callable[[Mapping[str, Watched]], Any]) -> Callable[[], None]:
        """Calls a function with all of them after each change; returns what removes it."""
        return self._emitter.on("change", handler)

    def close(self) -> None:
        """Ends it. Users that another watch of the client names are watched on."""
        if self._closed:
            return
        self._closed = True
        for off in self._off:
            off()
        if self._asking is not None:
            self._asking.cancel()
        core, left = self._core, []
        for name in self._names:
            core.watched[name] -= 1
            if not core.watched[name]:
                del core.watched[name]
                left.append(name)
        # a watch ends with its session, too
        if left and core.state == "connected" and core.link is not None:
            core.link.request("@@hub/unwatch", payload={"users": left})

    def _moved(self, change: StateChange) -> None:
        if change.state == "connected":
            self._ask()
        elif change.previous == "connected":
            self.stale = True
            self._emitter.emit("change", self.users)

    def _ask(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        if self._names:
            self._asking = asyncio.ensure_future(self._asked())

    async def _asked(self) -> None:
        try:
            answer = await self._core.ask("@@hub/watch", payload={"users": list(self._names)})
        except (HubError, asyncio.TimeoutError) as error:
            # where the connection was lost, the next one asks again
            if isinstance(error, HubError) and not error.retry and self._core.state == "connected":
                self._core.tell_error(error)
            return
        self.stale = False
        self._told(answer)

    def _pushed(self, action: Action) -> None:
        self._told(action)

    def _told(self, action: Action) -> None:
        told = payload_of(action).get("users")
        found = dict(self.users)
        for it in told if isinstance(told, list) else ():
            if isinstance(it, dict) and it.get("user") in self._names:
                found[it["user"]] = _read(it)
        self.users = found
        self._emitter.emit("change", self.users)


def _read(told: Mapping[str, Any]) -> Watched:
    seen = told.get("last_seen")
    last_seen = seen if isinstance(seen, int) else None
    return Watched(told["user"], told.get("online") is True, int(told.get("sessions") or 0), last_seen)
