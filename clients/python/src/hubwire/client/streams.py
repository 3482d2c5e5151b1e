"""Progress of the client in each stream."""

from __future__ import annotations

from collections import OrderedDict
from typing import Callable

from ..position import Position

_OWN_MAX = 4096


class Streams:
    """Positions, gates and copies of own messages.

    A stream named in a resume is gated: its publications are ignored until its `resumed` or `joined`, because they are
    sent again after that, in order. Until the replay has reached the last position named in the answer, the client is
    not in sync.
    """

    def __init__(self, on_synced: Callable[[], None]) -> None:
        self._last: dict[str, Position] = {}
        self._gated: set[str] = set()
        self._behind: dict[str, Position | None] = {}
        self._own: OrderedDict[Position, None] = OrderedDict()
        self._own_stream = ""
        self._on_synced = on_synced

    def own_stream_is(self, stream: str) -> None:
        """Sets the user's own stream according to the *welcome*."""
        if stream != self._own_stream:
            self._own.clear()
        self._own_stream = stream

    def position(self, stream: str) -> Position | None:
        """The last processed position."""
        return self._last.get(stream)

    def positions(self) -> dict[str, str]:
        """The last processed positions of all streams."""
        return {stream: str(position) for stream, position in self._last.items()}

    @property
    def synced(self) -> bool:
        """Whether no replay is in progress."""
        return not self._behind

    def behind(self) -> list[str]:
        """The streams with a replay in progress."""
        return list(self._behind)

    def gate(self, stream: str) -> None:
        """The stream was named in a resume or a join."""
        self._gated.add(stream)
        self._behind[stream] = None

    def open(self, stream: str, position: Position | None, top: Position | None = None) -> None:
        """Publications after `position` follow; the replay ends at `top`."""
        self._gated.discard(stream)
        if position is not None:
            self._last[stream] = position
        if stream in self._behind:
            self._behind[stream] = top
            self._settle(stream)

    def reset(self, stream: str, position: Position | None) -> None:
        """The node skipped publications: the stream continues after `position`."""
        if position is not None:
            self._last[stream] = position
        self._settle(stream)

    def forget(self, stream: str) -> None:
        """The session does not follow the stream any more."""
        self._gated.discard(stream)
        self._last.pop(stream, None)
        if self._behind.pop(stream, False) is not False:
            self._tell_if_synced()

    def disconnected(self) -> None:
        """The connection ended, and with it gates and replays."""
        self._gated.clear()
        self._behind.clear()

    def own_copy_at(self, position: Position | None) -> None:
        """A direct message of this client was acknowledged with the position of its copy in the user's own stream: a
        resume must not deliver it."""
        last = self._last.get(self._own_stream)
        if position is None or (last is not None and position.seq <= last.seq):
            return
        self._own[position] = None
        while len(self._own) > _OWN_MAX:
            self._own.popitem(last=False)

    def accept(self, stream: str, position: Position) -> bool:
        """Whether the publication at this position is new to the application; advances the position."""
        last = self._last.get(stream)
        if stream in self._gated or (last is not None and position.seq <= last.seq):
            return False
        self._last[stream] = position
        own = False
        if stream == self._own_stream and self._own:
            own = position in self._own
            for known in [it for it in self._own if it.seq <= position.seq]:
                del self._own[known]
        return not own

    def delivered(self, stream: str) -> None:
        """The publication at the position was passed to the application: the replay may be complete."""
        self._settle(stream)

    def _settle(self, stream: str) -> None:
        if stream not in self._behind or stream in self._gated:
            return
        top, last = self._behind[stream], self._last.get(stream)
        if top is None or (last is not None and last.seq >= top.seq):
            del self._behind[stream]
            self._tell_if_synced()

    def _tell_if_synced(self) -> None:
        if not self._behind:
            self._on_synced()
