"""Who is in an organisation, as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Callable

from ..codec import Action, payload_of
from ..errors import HubError
from ..events import Emitter, StateChange
from .core import Core
from .people import members
from .presence import Member, Members, come_or_go, members_of, show

_PUSHES = ("@@hub/joined", "@@hub/left", "@@hub/changed")


class OrgWatch:
    """Watches an organisation until it is closed: asked anew on each connection. A refusal is an `error` event, and
    nobody is known then."""

    def __init__(self, core: Core, org: str) -> None:
        self._core = core
        self._org = org
        self._address = f"org:{org}"
        self._emitter = Emitter()
        self._asking: asyncio.Future[None] | None = None
        self._pushed: list[Action] | None = None
        self._closed = False
        self.members: Mapping[str, Member] = {}
        """As last heard; of a crowd nobody. Another mapping after each change."""
        self.count = 0
        """How many there are, also of a crowd."""
        self.stale = True
        """Not connected, or not answered yet."""
        core.watched_orgs[org] = core.watched_orgs.get(org, 0) + 1
        self._off = [core.emitter.on("state", self._moved)]
        self._off += [core.emitter.on(f"{kind} {self._address}", self._told) for kind in _PUSHES]
        if core.state == "connected":
            self._ask()

    def on(self, handler: Callable[[Mapping[str, Member]], Any]) -> Callable[[], None]:
        """Calls a function with all of them after each change; returns what removes it."""
        return self._emitter.on("change", handler)

    def close(self) -> None:
        """Ends it. An organisation that another watch of the client names is watched on."""
        if self._closed:
            return
        self._closed = True
        for off in self._off:
            off()
        if self._asking is not None:
            self._asking.cancel()
        core = self._core
        core.watched_orgs[self._org] -= 1
        if core.watched_orgs[self._org]:
            return
        del core.watched_orgs[self._org]
        # a watch ends with its session, too
        if core.state == "connected" and core.link is not None:
            core.link.request("@@hub/unwatch", payload={"orgs": [self._org]})

    def _moved(self, change: StateChange) -> None:
        if change.state == "connected":
            self._ask()
        elif change.previous == "connected":
            self.stale = True
            self._emitter.emit("change", self.members)

    def _ask(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._pushed = []
        self._asking = asyncio.ensure_future(self._asked())

    async def _asked(self) -> None:
        core = self._core
        try:
            # watched first: who comes while the list is on its way is pushed
            await core.ask("@@hub/watch", payload={"orgs": [self._org]})
            found = await members(core, self._address)
        except (HubError, asyncio.TimeoutError) as error:
            # where the connection was lost, the next one asks again
            if isinstance(error, HubError) and not error.retry and core.state == "connected":
                core.tell_error(error)
            return
        for action in self._pushed or ():
            _apply(found, action)
        self._pushed = None
        self.stale = False
        self._become(found, len(found))

    def _told(self, action: Action) -> None:
        if self._pushed is not None:
            self._pushed.append(action)
            return
        found = dict(self.members)
        _apply(found, action)
        told = payload_of(action).get("count")
        self._become(found, told if isinstance(told, int) else len(found))

    def _become(self, found: Members, count: int) -> None:
        self.members, self.count = found, count
        self._emitter.emit("change", self.members)


def _apply(found: Members, action: Action) -> None:
    kind, payload = action["type"], payload_of(action)
    if kind != "@@hub/changed":
        users = payload.get("users")
        come_or_go(found, kind == "@@hub/joined", [user for user in users or () if isinstance(user, str)])
        return
    named = payload.get("members")
    if not isinstance(named, list) or len(named) == payload.get("count"):
        found.clear()  # a crowd, which is not named; or everybody again
    show(found, members_of(named or ()))
