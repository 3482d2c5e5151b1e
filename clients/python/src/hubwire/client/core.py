"""The state that the parts of a client share."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..codec import Action
from ..errors import HubError
from ..events import Emitter, StateChange
from ..options import Options
from .link import Link
from .router import Router
from .sender import Sender
from .stream import Ways
from .streams import Streams

_ASK_DEADLINE = 30.0
_ASK_PAUSE = 0.5


class Core:
    """State of the connection, and the parts that outlive a connection."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = options.environment.clock
        self.instance = secrets.token_urlsafe(9)
        self.emitter = Emitter()
        self.router = Router(self.emitter.call)
        self.streams = Streams(self._synced)
        self.sender = Sender(options, lambda error: self.emitter.emit("error", error))
        self.ways = Ways(options.stream_after)
        self.state = "idle"
        self.error: HubError | None = None
        self.link: Link | None = None
        self.welcome: dict[str, Any] = {}
        self.user: str | None = None
        self.orgs: list[str] = []
        self.memberships: dict[str, Any] = {}
        self.server_time_off: float | None = None
        self._watched: Counter[tuple[str, str]] = Counter()
        self.serves: dict[str, int] = {}
        """Number of functions that serve a method."""
        self._ids = 0
        self._changed = asyncio.Event()

    @property
    def features(self) -> list[str]:
        """The node's features."""
        features = self.welcome.get("features")
        return features if isinstance(features, list) else []

    @property
    def own_stream(self) -> str:
        """The stream of the user, with its direct messages."""
        return f"user:{self.user}"

    def next_id(self) -> str:
        """An id for an action: a random prefix per instance, and a counter."""
        self._ids += 1
        return f"{self.instance}-{self._ids}"

    def become(self, state: str, error: HubError | None = None, retry_in: float | None = None) -> None:
        """Changes the state and emits the event."""
        previous, self.state = self.state, state
        self.error = error if state in ("failed", "closed") else None
        self._changed.set()
        self._changed = asyncio.Event()
        if previous != state or retry_in is not None:
            self.emitter.emit("state", StateChange(state, previous, error, retry_in))

    async def connected(self) -> Link:
        """Waits for a session. Raises if the client failed or is closed."""
        while True:
            if self.state in ("failed", "closed"):
                raise self.error or HubError(self.state)
            if self.state == "connected" and self.link is not None:
                return self.link
            await self._changed.wait()

    async def ask(
        self, type: str, to: str | None = None, payload: Mapping[str, Any] | None = None, id: str | None = None
    ) -> Action:
        """Sends a request, again after a temporary error or a new connection. With an `id`, what the request stores is
        stored once."""
        give_up_at = self.clock() + _ASK_DEADLINE
        while True:
            link = await asyncio.wait_for(self.connected(), max(0.0, give_up_at - self.clock()))
            try:
                answer = link.request(type, to, payload, id)
                self.router.look_again()
                return await answer
            except HubError as error:
                if not error.retry or self.clock() >= give_up_at:
                    raise
                pause = max(error.retry_after or 0.0, self.options.environment.random() * _ASK_PAUSE)
            await asyncio.sleep(pause)

    def belong(self, told: Mapping[str, Any]) -> None:
        """Takes over the memberships of a *welcome* or of `@@hub/orgs`."""
        if isinstance(told.get("orgs"), list):
            self.orgs = [org for org in told["orgs"] if isinstance(org, str)]
        if isinstance(told.get("memberships"), dict):
            self.memberships = told["memberships"]

    def watch(self, kind: str, name: str) -> None:
        """Counts one more watch of this user or organisation: the node registers it once per session."""
        self._watched[kind, name] += 1

    def unwatch(self, kind: str, name: str) -> bool:
        """Counts one watch less; returns whether it was the last one."""
        self._watched[kind, name] -= 1
        if self._watched[kind, name]:
            return False
        del self._watched[kind, name]
        return True

    def tell_error(self, error: HubError) -> None:
        """Emits an `error` event."""
        self.emitter.emit("error", error)

    def _synced(self) -> None:
        self.sender.decide_stale()
        self.emitter.emit("synced")
