"""One socket, from the open connection to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from ..codec import Action, Limits, decode, encode, hub_of
from ..errors import HubError
from ..options import Environment
from .stream import StreamSocket

PING_ANSWER_MAX = 10.0
AWAKE_ANSWER_MAX = 3.0
_ASLEEP = 5.0
_LOOK = 1.0
_WAITING_MAX = 512


class Socket(Protocol):
    """The part of the WebSocket interface that is used; a stream implements it, too."""

    async def recv(self) -> str | bytes:
        """The next frame. Raises `ConnectionClosed` at the end."""

    async def send(self, message: str) -> None:
        """Sends a frame."""

    async def close(self, code: int = 1000) -> None:
        """Ends it."""


class Link:
    """Writes frames, matches answers with requests, and detects a silent peer.

    The number of frames waiting to be written is bounded by the window of sends, and because each caller waits for the
    answer to its request.
    """

    def __init__(self, socket: Socket, environment: Environment, ids: str) -> None:
        self._socket = socket
        self._clock = environment.clock
        self._ids = ids
        self._asked = 0
        self._requests: dict[str, asyncio.Future[Action]] = {}
        self._out: deque[str] = deque()
        self._wake = asyncio.Event()
        self._heard_at = self._clock()
        self.ping_after = 25.0
        self.limits = Limits()
        self.combines = isinstance(socket, StreamSocket)
        self.paused = False
        """Whether the application holds up the reader: silence during that time is not the peer's."""
        self.silent = False

    @property
    def asks(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._requests)

    @property
    def has_room(self) -> bool:
        """Whether the socket keeps up with what is written."""
        return len(self._out) < _WAITING_MAX

    def write(self, text: str) -> None:
        """Queues a frame."""
        self._out.append(text)
        self._wake.set()

    def next_id(self) -> str:
        """An id for a request."""
        self._asked += 1
        return f"{self._ids}-c{self._asked}"

    def expect(self, id: str) -> asyncio.Future[Action]:
        """Returns a future for the answer to the action with this id. It fails with `disconnected` if the link ends
        before."""
        future: asyncio.Future[Action] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_forget_exception)
        self._requests[id] = future
        return future

    def request(
        self, type: str, to: str | None = None, payload: Mapping[str, Any] | None = None, id: str | None = None
    ) -> asyncio.Future[Action]:
        """Sends a request; the future receives the answer, or the node's error as an exception."""
        action = request_action(type, id or self.next_id(), to, payload)
        future = self.expect(action["meta"]["hub"]["id"])
        self.write(encode(action))
        return future

    def answered(self, action: Action) -> bool:
        """Passes an answer to its waiting caller; false if there is none."""
        id = hub_of(action).get("re")
        future = self._requests.pop(id, None) if isinstance(id, str) else None
        if future is None or future.done():
            return future is not None
        if action["type"] == "@@hub/error":
            future.set_exception(HubError.told(action.get("payload") or {}, id))
        else:
            future.set_result(action)
        return True

    async def receive(self) -> list[Action]:
        """The actions of the next frame. Raises `ConnectionClosed` at the end."""
        frame = await self._socket.recv()
        self._heard_at = self._clock()
        return decode(frame)

    async def keep_writing(self) -> None:
        """Writes what is queued until the socket ends."""
        while True:
            while self._out:
                await self._socket.send(self._next())
            self._wake.clear()
            await self._wake.wait()

    def _next(self) -> str:
        """The next frame to write. Over HTTP each frame costs a request, so it combines all waiting actions."""
        first = self._out.popleft()
        if not self.combines or not first.startswith("{"):
            return first
        frame, bytes = [first], len(first.encode()) + 2
        while self._out and self._out[0].startswith("{") and len(frame) < self.limits.actions_per_frame_max:
            bytes += len(self._out[0].encode()) + 1
            if bytes > self.limits.frame_bytes_max:
                break
            frame.append(self._out.popleft())
        return first if len(frame) == 1 else f"[{','.join(frame)}]"

    async def keep_alive(self) -> None:
        """Pings a silent peer, and returns if it does not answer. A late timer means that the process was asleep: then
        the connection is checked at once."""
        asked_at: float | None = None
        patience = PING_ANSWER_MAX
        last = self._clock()
        while True:
            await asyncio.sleep(_LOOK)
            now = self._clock()
            slept, last = now - last > _LOOK + _ASLEEP, now
            if self.paused:
                self._heard_at = now
            if asked_at is not None and self._heard_at > asked_at:
                asked_at = None
            if asked_at is None and (slept or now - self._heard_at >= self.ping_after):
                asked_at, patience = now, AWAKE_ANSWER_MAX if slept else PING_ANSWER_MAX
                self.request("@@hub/ping")
            elif asked_at is not None and now - asked_at >= patience:
                self.silent = True
                return

    def end(self) -> None:
        """Fails all pending requests."""
        for future in self._requests.values():
            if not future.done():
                future.set_exception(HubError("disconnected", "the connection ended before the answer", retry=True))
        self._requests.clear()

    async def close(self, code: int = 1000) -> None:
        """Closes the socket."""
        with contextlib.suppress(ConnectionClosed, OSError):
            await self._socket.close(code)


def request_action(type: str, id: str, to: str | None = None, payload: Mapping[str, Any] | None = None) -> Action:
    """A protocol action."""
    hub: dict[str, Any] = {"id": id}
    if to is not None:
        hub["to"] = to
    action: Action = {"type": type, "meta": {"hub": hub}}
    if payload is not None:
        action["payload"] = dict(payload)
    return action


def _forget_exception(future: asyncio.Future[Action]) -> None:
    if not future.cancelled():
        future.exception()
