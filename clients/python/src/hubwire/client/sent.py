"""The handle of a sent action."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Callable

from ..errors import HubError

_ABOUT_TO = 0.1


@dataclass(frozen=True)
class Ack:
    """The node stored the action."""

    pos: str | None
    duplicate: bool
    """Whether the node had stored it before: an earlier attempt had arrived."""
    sessions: int | None
    """For a direct message: number of sessions it was sent to; 0 = it is stored until the user connects."""
    nodes: int | None
    attempts: int
    ts: int | None = None


class Sent:
    """Await it for the `Ack`; it raises `HubError`. A rejection that nobody awaits is an `error` event."""

    def __init__(self, id: str, cancel: Callable[[], bool], unheard: Callable[[HubError], None]) -> None:
        self.id = id
        self._future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._cancel = cancel
        self._unheard = unheard
        self._heard = False

    def cancel(self) -> bool:
        """Cancels the action. True: it was never sent."""
        return self._cancel()

    @property
    def done(self) -> bool:
        """Whether it was acknowledged or rejected."""
        return self._future.done()

    def __await__(self) -> Generator[Any, None, Ack]:
        self._heard = True
        try:
            return (yield from asyncio.shield(self._future).__await__())
        except asyncio.CancelledError:
            self._cancel()
            raise

    def resolve(self, ack: Ack) -> None:
        """The action was stored."""
        if not self._future.done():
            self._future.set_result(ack)

    def reject(self, error: HubError) -> None:
        """The action was not stored, or its outcome is unknown."""
        if self._future.done():
            return
        self._future.set_exception(error)
        self._future.exception()  # it is reported below, not by the garbage collector
        # a caller that is about to await it, also by `gather` or a task, receives it there
        asyncio.get_running_loop().call_later(_ABOUT_TO, lambda: self._heard or self._unheard(error))
