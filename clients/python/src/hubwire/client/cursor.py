"""Stores on the node how far this device has processed the user's own stream."""

from __future__ import annotations

import asyncio
from typing import Any

from ..codec import encode
from .core import Core
from .link import request_action

_EVERY = 5.0


class Cursor:
    """Cumulative: one frame per five seconds with changes, and one on close."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._committed: str | None = None
        self._timer: asyncio.TimerHandle | None = None

    def moved(self, _: Any = None) -> None:
        """A publication was delivered."""
        options = self._core.options
        if self._timer is None and options.auto_commit and options.device is not None:
            self._timer = asyncio.get_running_loop().call_later(_EVERY, self._due)

    def commit(self, stream: str, pos: str | None = None) -> None:
        """Commits a position, or the last processed one."""
        position = pos or str(self._core.streams.position(stream) or "")
        if position and position != "0-0":
            self._write({stream: position})

    def close(self) -> None:
        """Sends the final commit."""
        self.stop()
        options = self._core.options
        if options.auto_commit and options.device is not None and self._core.user is not None:
            self._commit_own()

    def stop(self) -> None:
        """Cancels the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self._commit_own()

    def _commit_own(self) -> None:
        position = self._core.streams.position(self._core.own_stream)
        if position is None or position.seq == 0 or str(position) == self._committed:
            return
        if self._write({self._core.own_stream: str(position)}):
            self._committed = str(position)

    def _write(self, positions: dict[str, str]) -> bool:
        link = self._core.link if self._core.state == "connected" else None
        if link is None:
            return False
        link.write(encode(request_action("@@hub/cursor", link.next_id(), payload={"positions": positions})))
        return True
