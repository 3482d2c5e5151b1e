"""The client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Callable

from ..address import is_channel
from ..errors import HubError
from ..events import Contact, Publication
from ..options import Options
from . import calls, conversations, people
from .channels import Channels
from .conversations import Conversations
from .core import Core
from .cursor import Cursor
from .feed import Channel, Direct, Feed, Inbox
from .membership import Token, Wish
from .organisation import OrgWatch
from .people import LiveChannel
from .presence import Member
from .sending import Select, Sending
from .sent import Ack, Sent
from .supervisor import Supervisor
from .watch import Watch

_CLOSE_FLUSH = 0.0


class Hub:
    """A connection that maintains itself: it reconnects, resumes every stream, and retries unacknowledged actions.

    Made by `hubwire.connect`. Use it as an asynchronous context manager, or call `connect` and `close`.
    """

    def __init__(self, options: Options) -> None:
        self._core = Core(options)
        self._channels = Channels(self._core)
        self._cursor = Cursor(self._core)
        self._sending = Sending(self._core)
        self._supervisor = Supervisor(self._core, self._channels)
        self._running: asyncio.Task[None] | None = None
        self._core.emitter.on("action", self._cursor.moved)

    @property
    def state(self) -> str:
        """`idle`, `connecting`, `connected`, `reconnecting`, `failed` or `closed`."""
        return self._core.state

    @property
    def synced(self) -> bool:
        """Whether it is connected and has delivered everything missed."""
        return self._core.state == "connected" and self._core.streams.synced

    @property
    def user(self) -> str | None:
        """The id of the user, according to the last *welcome*."""
        return self._core.user

    @property
    def session(self) -> str | None:
        """The id of the session, according to the last *welcome*."""
        return self._core.welcome.get("session")

    @property
    def welcome(self) -> Mapping[str, Any]:
        """The last *welcome* as the node sent it."""
        return self._core.welcome

    @property
    def orgs(self) -> tuple[str, ...]:
        """Organisations the user is a member of."""
        return tuple(self._core.orgs)

    @property
    def memberships(self) -> Mapping[str, Any]:
        """Roles and teams by organisation: `{"acme": {"roles": ["admin"], "teams": ["ops"]}}`."""
        return self._core.memberships

    def now(self) -> float | None:
        """The node's time in Unix seconds, estimated; `None` while it is unknown."""
        off = self._core.server_time_off
        return None if off is None else self._core.clock() + off

    async def connect(self) -> Mapping[str, Any]:
        """Connects, and returns the *welcome*. Raises only if the client failed or is closed; until then it keeps
        trying."""
        self._begin()
        # the caller sets up its handlers before the reader continues
        try:
            await self._core.connected()
        finally:
            asyncio.get_running_loop().call_soon(self._supervisor.entered.set)
        return self._core.welcome

    def reconnect(self) -> None:
        """Ends a pause between attempts: connects now."""
        self._supervisor.try_now()

    async def close(self, flush: float = _CLOSE_FLUSH) -> None:
        """Ends everything; waits up to `flush` seconds for acknowledgements."""
        if self._core.state == "closed":
            return
        if flush and self._core.state != "failed":
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._core.sender.flushed(), flush)
        self._cursor.close()
        await asyncio.sleep(0)  # lets the last frames leave before the close frame
        error = HubError("closed", "the client was closed")
        self._core.become("closed", error)
        self._supervisor.stop()
        self._supervisor.entered.set()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self._core.sender.end("closed", "the client was closed")
        self._channels.end(error)
        self._core.router.end(None)
        self._core.emitter.cancel()

    def on(self, event: str, handler: Callable[[Any], Any]) -> Callable[[], None]:
        """Calls a function on each event; returns a function that removes it.

        A coroutine function runs as a separate task each time: iterate a feed instead if one must end before the next
        begins.

        `action` (`Publication`), `state` (`StateChange`), `gap` (`Gap`), `presence` (`PresenceChange`), `synced`,
        `lost`, `restored` (`Restored`), `bye` (`Bye`), `orgs` (names), `error` (`HubError`), `snapshot` (`Snapshot`),
        `invited` (`Invited`), `contact` (`Contact`), `read` (`ReadMark`).
        """
        return self._core.emitter.on(event, handler)

    def on_action(self, type: str, handler: Callable[[Publication], Any]) -> Callable[[], None]:
        """As `on("action", …)`, for one type."""
        return self.on("action", lambda publication: handler(publication) if publication.type == type else None)

    def send(
        self,
        to: str,
        type: str,
        payload: Any = ...,
        *,
        id: str | None = None,
        deadline: float | None = None,
        queue: bool = True,
        error: bool = False,
        meta: Mapping[str, Any] | None = None,
        except_: Iterable[str] = (),
        select: Select | None = None,
    ) -> Sent:
        """Sends an action. Await the result for the `Ack`; the action is sent whether or not it is awaited.

        Without a connection it waits in the queue, up to `deadline` seconds (`Queue.ttl` by default); with
        `queue=False` it is rejected then. It is retried with the same id until it is acknowledged, and stored once.

        `except_` names users of a channel, team or organisation who do not receive it; `select` restricts which
        sessions of a user receive it.
        """
        return self._sending.send(
            to,
            type,
            payload,
            id=id,
            deadline=deadline,
            queue=queue,
            error=error,
            meta=meta,
            except_=except_,
            select=select,
        )

    def ephemeral(
        self,
        to: str,
        type: str,
        payload: Any = ...,
        *,
        meta: Mapping[str, Any] | None = None,
        except_: Iterable[str] = (),
        select: Select | None = None,
    ) -> bool:
        """Sends to the sessions that are connected now, without storing it in the log. False: there is no connection or
        it is congested; nothing was sent."""
        return self._sending.ephemeral(to, type, payload, meta, except_, select)

    async def batch(self, items: Sequence[tuple[Any, ...]]) -> list[Ack | HubError]:
        """Sends `(to, type)` or `(to, type, payload)` items in as few frames as possible; returns the outcome of each,
        in their order."""
        return await self._sending.batch(items)

    async def rpc(self, method: str, params: Any = None, *, timeout: float = 30.0) -> Any:
        """Calls a method of the application at most once; raises `RpcError` for an error of the application. After a
        `HubError` whose `outcome` is `unknown` the method may have been executed."""
        return await calls.rpc(self._core, method, params, timeout)

    def serve(self, method: str, run: calls.Method) -> Callable[[], None]:
        """Serves a method that the application can call on this session; returns a function that ends that."""
        return calls.serve(self._core, method, run)

    def watch(self, users: Iterable[str]) -> Watch:
        """Watches which of these users are online, until the watch is closed."""
        return Watch(self._core, users)

    def watch_org(self, org: str) -> OrgWatch:
        """Watches who is online in an organisation, until the watch is closed. Requires the right `presence` there, and
        a node that tracks it (feature `org_presence`)."""
        return OrgWatch(self._core, org)

    async def members(self, address: str) -> Mapping[str, Member]:
        """The current members of a channel, an organisation or a team, without joining it."""
        return await people.members(self._core, address)

    async def count(self, address: str) -> int:
        """The current number of users; the cost does not depend on it."""
        return await people.count(self._core, address)

    async def set_profile(self, name: str | None = None, meta: Mapping[str, Any] | None = None) -> None:
        """Replaces the user's profile, which is shown everywhere (`presence.profile(user)`); without arguments it is
        removed."""
        await people.set_profile(self._core, name, meta)

    async def set_contact(self, user: str, act: str) -> None:
        """Changes the relation to another user: `invite`, `accept`, `remove`, `block` or `unblock`. Repeating a change
        is not an error. The result is reported by the event `contact`."""
        await people.set_contact(self._core, user, act)

    def people(
        self,
        *,
        prefix: str | None = None,
        name: str | None = None,
        state: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[list[Contact]]:
        """Pages of the people the user has a relation to, in the order of their ids: those whose id starts with
        `prefix`, those in one `state`; with `name`, contacts with a word in their display name that starts with it,
        including profiles."""
        return people.people(self._core, prefix=prefix, name=name, state=state, limit=limit)

    async def conversations(self, limit: int | None = None) -> Conversations:
        """The most recent direct conversations: 15, or `limit` (at most 100), each with its last message and the number
        of unread ones. Requires a node that stores people (feature `conversations`)."""
        return await conversations.conversations(self._core, limit)

    async def mark_read(self, user: str, pos: str | None = None) -> None:
        """Marks the conversation with another user as read up to a position in this user's own stream (`pos` of what
        the inbox or `direct` delivered), by default up to the last one delivered. The mark never moves back. All
        sessions of this user receive the event `read`; the other user does not."""
        await conversations.mark_read(self._core, user, pos)

    def live_channels(
        self, org: str, *, prefix: str | None = None, limit: int | None = None
    ) -> AsyncIterator[list[LiveChannel]]:
        """Pages of the occupied channels of an organisation, in the order of their addresses, each with the number of
        its users; with `prefix`, those whose path starts with it. Requires the right `presence` there, and a node that
        lists them (feature `channel_list`)."""
        return people.live_channels(self._core, org, prefix, limit)

    def channel(
        self,
        address: str,
        *,
        presence: bool = True,
        recent: int | None = None,
        snapshot: bool = False,
        token: Token | None = None,
    ) -> Channel:
        """A handle of a channel: `async with` it, or `join` and `leave`.

        The options of an address's first handle apply: with `recent`, this many of the newest publications are
        delivered before new ones; with `snapshot`, it starts with the stored state, and with a new one after a gap.
        `token` is for this channel alone, if the application issues such tokens: a text, or a function that is called
        on each connection and after expiry.
        """
        _check_channel(address)
        wish = Wish(presence, recent, snapshot, token)
        return Channel(self, address, lambda: self._channels.enter(address, wish))

    def view(
        self,
        address: str | None,
        *,
        recent: int | None = None,
        snapshot: bool = False,
        token: Token | None = None,
    ) -> Channel | None:
        """Joins the channel that the user looks at, and leaves the one viewed before, in one step. Options as in
        `channel`."""
        if address is None:
            self._channels.view_nothing()
            return None
        _check_channel(address)
        wish = Wish(True, recent, snapshot, token)
        channel = Channel(self, address, lambda: self._channels.view(address, wish))
        channel._begin()
        return channel

    def direct(self, user: str) -> Direct:
        """The direct messages between this user and another one."""
        return Direct(self, user)

    def org(self, org: str) -> Feed:
        """The publications of an organisation."""
        return Feed(self, f"org:{org}", f"org:{org}")

    def team(self, org: str, team: str) -> Feed:
        """The publications of a team."""
        return Feed(self, f"team:{org}/{team}", f"team:{org}/{team}")

    @property
    def inbox(self) -> Feed:
        """Everything addressed to this user, and copies of what the user sent from other sessions."""
        return Inbox(self)

    async def __aenter__(self) -> Hub:
        try:
            await self.connect()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __await__(self) -> Generator[Any, None, Hub]:
        return self.__aenter__().__await__()

    def _begin(self) -> None:
        if self._running is None and self._core.state == "idle":
            self._running = asyncio.ensure_future(self._supervisor.run())


def _check_channel(address: str) -> None:
    if not is_channel(address):
        raise HubError("bad_address", f"{address!r} is not the address of a channel")
