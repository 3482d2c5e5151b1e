"""Feeds: the publications of an organisation, a team, another user, a channel, and the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ..codec import payload_of
from ..errors import HubError
from ..events import Event, Publication, Snapshot
from . import hosting
from .history import find_publication, history
from .membership import Membership
from .presence import PresenceSet
from .router import INBOX, Buffer
from .sent import Sent

if TYPE_CHECKING:
    from .hub import Hub


_Self = TypeVar("_Self", bound="Feed")


class Feed:
    """Publications of one stream: iterate it, or add handlers.

    `async with` starts to buffer publications for the iteration; without it, buffering starts with `async for`. An
    iterator buffers 1,000 events. When it is full, the client stops reading its socket until there is room
    (backpressure), and the node continues from the log later.
    """

    def __init__(self, hub: Hub, key: str, address: str) -> None:
        self._hub = hub
        self._key = key
        self.address = address
        self._buffer: Buffer | None = None

    def on(self, handler: Callable[[Publication], Any]) -> Callable[[], None]:
        """Calls a function, or runs a coroutine function, with each publication. Returns a function that removes it."""
        return self._hub._core.router.on(self._key, handler)

    def send(self, type: str, payload: Any = ..., **options: Any) -> Sent:
        """Sends an action to this stream; options as in `Hub.send`."""
        return self._hub.send(self.address, type, payload, **options)

    def history(
        self, before: str | None = None, *, after: str | None = None, limit: int = 100
    ) -> AsyncIterator[list[Publication]]:
        """Pages of the history, each oldest first: the newest page first, backwards from `before`; or forwards from
        `after`."""
        if before is not None and after is not None:
            raise ValueError("give before or after")
        return history(self._hub._core, self._stream, before, after, limit)

    async def find(self, id: str, *, sender: str | None = None) -> Publication | None:
        """The newest publication with this id (of this sender, if several may have used the same id), or `None`: the
        stream contains none among the publications that the node searches (1,000). Use it to find out whether an action
        with an unknown outcome was stored. Requires a node with the feature `history_id`."""
        return await find_publication(self._hub._core, self._stream, id, sender)

    def commit(self, pos: str | None = None) -> None:
        """Stores on the node how far this device has processed the stream: up to `pos`, or to the last publication
        delivered."""
        self._hub._cursor.commit(self._stream, pos)

    @property
    def _stream(self) -> str:
        at_users = self._key == INBOX or self.address.startswith("user:")
        return self._hub._core.own_stream if at_users else self.address

    def _open(self) -> Buffer:
        if self._buffer is None:
            self._buffer = self._hub._core.router.buffer(self._key)
        return self._buffer

    def _close(self) -> None:
        if self._buffer is not None:
            self._hub._core.router.drop(self._key, self._buffer)
            self._buffer = None

    def __aiter__(self: _Self) -> _Self:
        self._open()
        return self

    async def __anext__(self) -> Event:
        return await self._open().next()

    async def __aenter__(self: _Self) -> _Self:
        self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


class Inbox(Feed):
    """The user's own stream, whichever user the client is authenticated as."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, INBOX, "")

    def send(self, type: str, payload: Any = ..., **options: Any) -> Sent:
        """Sends to this user's other sessions."""
        if self._hub.user is None:
            return self._hub._sending.refused(
                "", HubError("not_connected", "who one is is known from the first connection on")
            )
        return self._hub.send(self._stream, type, payload, **options)


class Direct(Feed):
    """The direct messages between this user and another one, from any session of either."""

    def __init__(self, hub: Hub, user: str) -> None:
        super().__init__(hub, f"direct:{user}", f"user:{user}")
        self.user = user

    async def presence(self) -> int:
        """The number of sessions that the user has."""
        answer = payload_of(await self._hub._core.ask("@@hub/presence", self.address))
        if isinstance(answer.get("sessions"), int):
            return int(answer["sessions"])
        users = [entry for entry in answer.get("users") or () if isinstance(entry, dict)]
        return sum(int(entry.get("sessions", 0)) for entry in users)


class Channel(Feed):
    """A channel: `async with` joins and leaves.

    Its iteration also yields `Joined` and `Left`. Handles of the same address share one membership, which ends with the
    last handle.
    """

    def __init__(self, hub: Hub, address: str, enter: Callable[[], Membership]) -> None:
        super().__init__(hub, address, address)
        self._enter = enter
        self._membership: Membership | None = None

    @property
    def presence(self) -> PresenceSet:
        """The members: number of sessions by user."""
        if self._membership is None:
            raise HubError("not_joined", "join the channel first")
        return self._membership.presence

    @property
    def snapshot(self) -> Snapshot | None:
        """With the option `snapshot`: the stored snapshot, as of the last join; `None`: there is none."""
        return self._membership.snapshot if self._membership is not None else None

    async def kick(self, user: str) -> int:
        """Takes a user out of the channel; returns the number of its sessions there. Requires the right `kick`. Whether
        the user may join again depends on the access rules."""
        return await hosting.kick(self._hub._core, self.address, user)

    async def invite(self, user: str) -> str | None:
        """Sends a user an invitation to this channel (event `invited`), stored once; returns its position in that
        user's stream. It grants no access. Requires the right `invite`."""
        return await hosting.invite(self._hub._core, self.address, user)

    async def store_snapshot(self, payload: Any, pos: str | None = None) -> None:
        """Stores the state of the channel at a position (by default that of the last publication delivered), for
        clients that join with `snapshot`. Requires the right `manage`."""
        await hosting.store_snapshot(self._hub._core, self.address, payload, pos)

    async def join(self) -> None:
        """Joins, and waits for the answer. Raises the node's refusal."""
        membership = self._begin()
        await asyncio.shield(membership.joined)

    def leave(self) -> None:
        """Releases the handle."""
        membership, self._membership = self._membership, None
        self._close()
        if membership is not None:
            self._hub._channels.leave(membership)

    def set_state(self, state: Mapping[str, Any] | None) -> None:
        """Sets the user's state in the channel (for example a cursor, or what the user edits); `None` removes it. The
        client sets it again after a reconnect. Others see it with `presence.state(user)`. A refusal is an `error`
        event; nodes without this feature ignore it."""
        if self._membership is None:
            raise HubError("not_joined", "join the channel first")
        self._hub._channels.show(self._membership, None if state is None else dict(state))

    def ephemeral(self, type: str, payload: Any = ..., **options: Any) -> bool:
        """Sends to the current members without storing it in the log. False: it was not sent."""
        return self._hub.ephemeral(self.address, type, payload, **options)

    def _begin(self) -> Membership:
        if self._membership is None or self._membership.ended:
            self._membership = self._enter()
            if self._buffer is not None:  # it ended earlier, with the membership
                self._close()
                self._open()
        return self._membership

    async def __aenter__(self) -> Channel:
        self._open()
        try:
            await self.join()
        except BaseException:
            self.leave()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()
