"""The common part of the watches of users and organisations."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Callable, Generic, TypeVar

from ..codec import Action
from ..errors import HubError
from ..events import Emitter, StateChange
from .core import Core

Value = TypeVar("Value")


class StandingQuery(ABC, Generic[Value]):
    """A request repeated on each connection until it is closed. A refusal is an `error` event, and then nothing is
    known."""

    def __init__(self, core: Core, kind: str, names: tuple[str, ...]) -> None:
        self._core = core
        self._kind, self._names = kind, names
        self._emitter = Emitter()
        self._asking: asyncio.Future[None] | None = None
        self._off: list[Callable[[], None]] = []
        self._closed = False
        self.stale = True
        """Whether the knowledge may be outdated: not connected, or not answered yet."""

    def on(self, handler: Callable[[Mapping[str, Value]], Any]) -> Callable[[], None]:
        """Calls a function with all that is known after each change; returns a function that removes it."""
        return self._emitter.on("change", handler)

    def close(self) -> None:
        """Ends the watch. What another watch of the client names stays watched."""
        if self._closed:
            return
        self._closed = True
        for off in self._off:
            off()
        self._cancel()
        core = self._core
        left = [name for name in self._names if core.unwatch(self._kind, name)]
        # without a session the node has ended it already
        if left and core.state == "connected" and core.link is not None:
            core.link.request("@@hub/unwatch", payload={self._kind: left})

    @abstractmethod
    def _known(self) -> Mapping[str, Value]:
        """What is known now."""

    @abstractmethod
    async def _answer(self) -> None:
        """Sends the request, and processes the answer."""

    def _begin(self, pushes: Mapping[str, Callable[[Action], None]]) -> None:
        """Subscribes to pushes, and sends the request if there is a connection."""
        core = self._core
        for name in self._names:
            core.watch(self._kind, name)
        self._off = [core.emitter.on("state", self._moved)]
        self._off += [core.emitter.on(event, told) for event, told in pushes.items()]
        if core.state == "connected":
            self._ask()

    def _changed(self) -> None:
        self._emitter.emit("change", self._known())

    def _moved(self, change: StateChange) -> None:
        if change.state == "connected":
            self._ask()
        elif change.previous == "connected":
            self.stale = True
            self._changed()

    def _ask(self) -> None:
        self._cancel()
        if self._names:
            self._asking = asyncio.ensure_future(self._asked())

    async def _asked(self) -> None:
        core = self._core
        try:
            await self._answer()
        except (HubError, asyncio.TimeoutError) as error:
            # if the connection was lost, the request is repeated on the next one
            if isinstance(error, HubError) and not error.retry and core.state == "connected":
                core.tell_error(error)

    def _cancel(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
