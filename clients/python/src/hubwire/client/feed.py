"""Streams as the application holds them: an organisation's, a team's, a correspondent's, a channel's, and the inbox."""

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
    """Publications of one stream: iterate it, or give it handlers.

    `async with` begins to keep what arrives for the iteration; without it, that begins with `async for`. An iterator
    holds 1,000 events. When it is full, the client stops reading its socket until there is room, and the node reads on
    from the log.
    """

    def __init__(self, hub: Hub, key: str, address: str) -> None:
        self._hub = hub
        self._key = key
        self.address = address
        self._buffer: Buffer | None = None

    def on(self, handler: Callable[[Publication], Any]) -> Callable[[], None]:
        """Calls a function, or runs a coroutine function, with each publication. Returns what removes it."""
        return self._hub._core.router.on(self._key, handler)

    def send(self, type: str, payload: Any = ..., **options: Any) -> Sent:
        """Sends here; options as in `Hub.send`."""
        return self._hub.send(self.address, type, payload, **options)

    def history(
        self, before: str | None = None, *, after: str | None = None, limit: int = 100
    ) -> AsyncIterator[list[Publication]]:
        """Pages of what was said, each oldest first: the newest page first, back from `before`; or on from `after`."""
        if before is not None and after is not None:
            raise ValueError("give before or after")
        return history(self._hub._core, self._stream, before, after, limit)

    async def find(self, id: str, *, sender: str | None = None) -> Publication | None:
        """The newest publication with this id (of this sender, where two may have used the same), or `None`: the stream
        holds none, or the node does not look that far back (1,000 publications). So an action whose outcome is unknown
        can be looked for. Needs a node with the feature `history_id`."""
        return await find_publication(self._hub._core, self._stream, id, sender)

    def commit(self, pos: str | None = None) -> None:
        """Remembers on the node how far this device has come: here, or where the client is."""
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
    """The user's own stream, whoever the user turns out to be."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, INBOX, "")

    def send(self, type: str, payload: Any = ..., **options: Any) -> Sent:
        """Sends to oneself: to one's other sessions."""
        if self._hub.user is None:
            return self._hub._sending.refused(
                "", HubError("not_connected", "who one is is known from the first connection on")
            )
        return self._hub.send(self._stream, type, payload, **options)


class Direct(Feed):
    """What goes between oneself and another user, from whatever session of either."""

    def __init__(self, hub: Hub, user: str) -> None:
        super().__init__(hub, f"direct:{user}", f"user:{user}")
        self.user = user

    async def presence(self) -> int:
        """In how many sessions the user is there."""
        answer = payload_of(await self._hub._core.ask("@@hub/presence", self.address))
        if isinstance(answer.get("sessions"), int):
            return int(answer["sessions"])
        users = [entry for entry in answer.get("users") or () if isinstance(entry, dict)]
        return sum(int(entry.get("sessions", 0)) for entry in users)


class Channel(Feed):
    """A channel while somebody looks at it: `async with` joins and leaves.

    Its iteration also gives `Joined` and `Left`. Handles of one address share one membership; the last one that is left
    leaves.
    """

    def __init__(self, hub: Hub, address: str, enter: Callable[[], Membership]) -> None:
        super().__init__(hub, address, address)
        self._enter = enter
        self._membership: Membership | None = None

    @property
    def presence(self) -> PresenceSet:
        """Who is here: user to number of sessions."""
        if self._membership is None:
            raise HubError("not_joined", "join the channel first")
        return self._membership.presence

    @property
    def snapshot(self) -> Snapshot | None:
        """With the option `snapshot`, as of the last join: what the node kept; `None`: nothing."""
        return self._membership.snapshot if self._membership is not None else None

    async def kick(self, user: str) -> int:
        """Takes a user out of the channel; returns the number of its sessions there. Needs the right `kick`. The rules
        say whether the user may come back."""
        return await hosting.kick(self._hub._core, self.address, user)

    async def invite(self, user: str) -> str | None:
        """Tells a user that it is invited here (event `invited`), once; returns where that stands in its stream. It
        grants nothing. Needs the right `invite`."""
        return await hosting.invite(self._hub._core, self.address, user)

    async def store_snapshot(self, payload: Any, pos: str | None = None) -> None:
        """Keeps this as the state of the channel at a position (by default what was delivered last), for those who
        join with `snapshot`. Needs the right `manage`."""
        await hosting.store_snapshot(self._hub._core, self.address, payload, pos)

    async def join(self) -> None:
        """Joins, and waits for the answer. Raises what the node refuses."""
        membership = self._begin()
        await asyncio.shield(membership.joined)

    def leave(self) -> None:
        """Releases the handle."""
        membership, self._membership = self._membership, None
        self._close()
        if membership is not None:
            self._hub._channels.leave(membership)

    def set_state(self, state: Mapping[str, Any] | None) -> None:
        """Shows something to everybody here (a cursor, what one edits), instead of what was shown before; `None`:
        nothing. It is named again after a reconnect. Others find it by `presence.state(user)`. A refusal is an `error`
        event; a node without it shows nothing."""
        if self._membership is None:
            raise HubError("not_joined", "join the channel first")
        self._hub._channels.show(self._membership, None if state is None else dict(state))

    def ephemeral(self, type: str, payload: Any = ..., **options: Any) -> bool:
        """Tells whoever is here now, past the log. False: it was not sent."""
        return self._hub.ephemeral(self.address, type, payload, **options)

    def _begin(self) -> Membership:
        if self._membership is None or self._membership.ended:
            self._membership = self._enter()
            if self._buffer is not None:  # it ended with the membership before
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
