"""hubwire for Python: a client that keeps its connection, and the server API.

    async with hubwire.connect("wss://example.org/ws", get_token=my_token) as hub:
        ack = await hub.send("user:u2", "chat/whisper", {"text": "hi"}, deadline=10)
        async with hub.channel("ch:acme/order/1842") as channel:
            async for event in channel:
                ...

Importing this package has no side effect. Everything public is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client.conversations import Conversation, Conversations
from .client.feed import Channel, Direct, Feed
from .client.hub import Hub
from .client.organisation import OrgWatch
from .client.people import LiveChannel
from .client.presence import Member, PresenceSet
from .client.sent import Ack, Sent
from .client.standing import StandingQuery
from .client.watch import Watch, Watched
from .errors import HubError, RpcError, Unauthorized
from .events import (
    Bye,
    Contact,
    Gap,
    Invited,
    Joined,
    Left,
    PresenceChange,
    Profile,
    Publication,
    ReadMark,
    Restored,
    Snapshot,
    StateChange,
)
from .options import AuthContext, Environment, Options, Provider, Queue, Reconnect, Start, Url
from .server import (
    AsyncServer,
    Block,
    Blocks,
    ChannelPage,
    ChannelStatus,
    ChannelSummary,
    DeadEvents,
    Erased,
    HistoryPage,
    Published,
    Revocation,
    Server,
    Session,
    SessionStatus,
    StreamStatus,
    Ticket,
    UserStatus,
)
from .server.webhook import verify_webhook
from .version import __version__

__all__ = [
    "Ack",
    "AsyncServer",
    "AuthContext",
    "Block",
    "Blocks",
    "Bye",
    "Channel",
    "ChannelPage",
    "ChannelStatus",
    "ChannelSummary",
    "Contact",
    "Conversation",
    "Conversations",
    "DeadEvents",
    "Direct",
    "Environment",
    "Erased",
    "Feed",
    "Gap",
    "HistoryPage",
    "Hub",
    "HubError",
    "Invited",
    "Joined",
    "Left",
    "LiveChannel",
    "Member",
    "OrgWatch",
    "PresenceChange",
    "PresenceSet",
    "Profile",
    "Publication",
    "Published",
    "Queue",
    "ReadMark",
    "Reconnect",
    "Restored",
    "Revocation",
    "RpcError",
    "Sent",
    "Server",
    "Session",
    "SessionStatus",
    "Snapshot",
    "StandingQuery",
    "Start",
    "StateChange",
    "StreamStatus",
    "Ticket",
    "Unauthorized",
    "UserStatus",
    "Watch",
    "Watched",
    "__version__",
    "connect",
    "verify_webhook",
]


def connect(
    url: Url,
    *,
    get_token: Provider | None = None,
    get_ticket: Provider | None = None,
    device: str | None = None,
    device_class: str | None = None,
    start: Start | None = None,
    auto_commit: bool = True,
    reconnect: Reconnect | None = None,
    queue: Queue | None = None,
    ack_timeout: float = 15.0,
    lost_after: float = 5.0,
    stream_after: int | None = None,
    websocket: Mapping[str, Any] | None = None,
    environment: Environment | None = None,
) -> Hub:
    """Makes a client: `async with hubwire.connect(…) as hub`.

    - `url`: `wss://…/ws`, or a function that returns it, called before each attempt.
    - `get_token`, `get_ticket`: exactly one; a function or coroutine function that takes an `AuthContext` and returns a
      token or a ticket. It is called before each connection and for each refresh. Raise `Unauthorized` to end the
      client; after any other exception it tries again.
    - `device`: an id that stays the same for this installation. The node stores a cursor for it, so that the inbox
      continues where the device stopped, even after a restart of the program.
    - `device_class`: the kind of device, for direct messages that `select` by it.
    - `start`: where streams start on the first connection.
    - `auto_commit`: store on the node, every five seconds, how far the inbox was processed (requires a `device`).
    - `reconnect`, `queue`: pauses between attempts, and limits of the queue.
    - `ack_timeout`: seconds until an unacknowledged action is sent again; `lost_after`: seconds without a connection
      until the event `lost`.
    - `stream_after`: for networks that block WebSockets: after this many in a row on which nothing was received, the
      client uses `/stream` (server-sent events and posts) until that fails, too; 0: always. `None`: never.
    - `websocket`: further arguments for `websockets.connect`, such as `ssl` or `proxy`.
    """
    return Hub(
        Options(
            url=url,
            get_token=get_token,
            get_ticket=get_ticket,
            device=device,
            device_class=device_class,
            start=start or Start(),
            auto_commit=auto_commit,
            reconnect=reconnect or Reconnect(),
            queue=queue or Queue(),
            ack_timeout=ack_timeout,
            lost_after=lost_after,
            stream_after=stream_after,
            websocket=websocket or {},
            environment=environment or Environment(),
        )
    )
