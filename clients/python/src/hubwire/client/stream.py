"""Sessions without WebSockets: server-sent events down, sequential posts up. Standard library only."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from ssl import SSLContext, create_default_context
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from ..errors import HubError
from .events import EventReader, ServerEvent

_POST_ATTEMPTS = 5
_POST_PAUSE = 0.3
_GOODBYE_MAX = 1.0
_HEAD_MAX = 64 * 1024
_PIECE = 64 * 1024


def ended(code: int | None = None, reason: str = "") -> ConnectionClosedError:
    """The end of a connection; without a code it just broke."""
    return ConnectionClosedError(None if code is None else Close(code, reason), None)


class Peer:
    """The server that requests are sent to."""

    def __init__(self, socket_url: str, settings: Mapping[str, Any]) -> None:
        parts = urlsplit(socket_url)
        secure = parts.scheme == "wss"
        self._host, self._port = parts.hostname or "", parts.port or (443 if secure else 80)
        given = settings.get("ssl")
        self._ssl = (given if isinstance(given, SSLContext) else create_default_context()) if secure else None
        headers = settings.get("additional_headers")
        self._headers = {"Host": parts.netloc.rpartition("@")[2], **(headers if isinstance(headers, Mapping) else {})}
        path = parts.path.rstrip("/")
        self.path = (path[: -len("/ws")] if path.endswith("/ws") else path) + "/stream"
        self.query = f"?{parts.query}" if parts.query else ""

    async def connect(self) -> Exchange:
        """Opens a connection."""
        return Exchange(*await asyncio.open_connection(self._host, self._port, ssl=self._ssl, limit=_HEAD_MAX))

    def head(self, method: str, target: str, fields: Mapping[str, Any]) -> bytes:
        """The head of a request."""
        lines = [
            f"{method} {target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in {**self._headers, **fields}.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Exchange:
    """One HTTP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._fields: dict[str, str] = {}

    @property
    def over(self) -> bool:
        """Whether the other side closed it."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def ask(self, request: bytes) -> int:
        """Sends a request, and returns the status of the response."""
        self._writer.write(request)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        named = (line.partition(":") for line in lines)
        self._fields = {name.strip().lower(): value.strip() for name, _, value in named if name}
        return int(status.split(" ")[1])

    async def body(self) -> AsyncIterator[bytes]:
        """The body of the response, as it arrives."""
        reader, fields = self._reader, self._fields
        if fields.get("transfer-encoding", "").lower() == "chunked":
            while length := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                yield (await reader.readexactly(length + 2))[:-2]
            await reader.readuntil(b"\r\n")
        elif "content-length" in fields:
            if length := int(fields["content-length"]):
                yield await reader.readexactly(length)
        else:
            while piece := await reader.read(_PIECE):
                yield piece

    def close(self) -> None:
        """Ends it."""
        self._writer.transport.abort()


class StreamSocket:
    """The part of the WebSocket interface that `Link` uses."""

    def __init__(self, peer: Peer, down: Exchange) -> None:
        self._peer = peer
        self._down = down
        self._up: Exchange | None = None
        self._events = self._read()
        self._target = ""
        self._key = ""

    @classmethod
    async def open(cls, socket_url: str, settings: Mapping[str, Any]) -> StreamSocket:
        """Opens a session. Raises `ConnectionClosed` with the verdict if it is refused, or `OSError`."""
        peer = Peer(socket_url, settings)
        down = await peer.connect()
        try:
            fields = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
            status = await down.ask(peer.head("GET", peer.path + peer.query, fields))
            if status != 200:
                verdicts = {401: (4401, "bad credentials"), 403: (4403, "forbidden")}
                raise ended(*verdicts[status]) if status in verdicts else OSError(f"HTTP {status}")
            socket = cls(peer, down)
            await socket._named()
            return socket
        except BaseException as error:
            down.close()
            if isinstance(error, (EOFError, ValueError, asyncio.LimitOverrunError)):
                raise OSError("no stream of hubwire") from error
            raise

    async def recv(self) -> str:
        """The next action. Raises `ConnectionClosed` at the end."""
        try:
            async for event in self._events:
                if event.kind == "message":
                    return event.data
                if event.kind == "close":
                    told = json.loads(event.data)
                    raise ended(told.get("code"), told.get("reason", ""))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            raise ended() from None
        raise ended()

    async def send(self, frame: str) -> None:
        """Posts a frame. If it is unknown whether the node accepted a post, it is not repeated: the connection is given
        up."""
        for attempt in range(1, _POST_ATTEMPTS + 1):
            try:
                status = await self._ask("POST", frame.encode())
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                raise ended() from None
            if status == 202:
                return
            if status != 503:
                break
            await asyncio.sleep(_POST_PAUSE * attempt)
        raise ended()

    async def close(self, code: int = 1000) -> None:
        """Ends the session on the node, because a proxy may delay the end of the response."""
        if self._key:
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.TimeoutError, asyncio.LimitOverrunError):
                await asyncio.wait_for(self._ask("DELETE", b""), _GOODBYE_MAX)
            self._key = ""
        await self._events.aclose()
        for exchange in (self._down, self._up):
            if exchange is not None:
                exchange.close()

    async def _ask(self, method: str, body: bytes) -> int:
        if self._up is not None and self._up.over:
            self._up.close()
            self._up = None
        self._up = self._up or await self._peer.connect()
        fields = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Content-Length": len(body),
        }
        status = await self._up.ask(self._peer.head(method, self._target, fields) + body)
        async for _ in self._up.body():
            pass
        return status

    async def _named(self) -> None:
        """Waits for the first event, which names the session."""
        async for event in self._events:
            if event.kind == "session":
                told = json.loads(event.data)
                self._target, self._key = f"{self._peer.path}/{told['session']}", told["key"]
                return
        raise EOFError

    async def _read(self) -> AsyncGenerator[ServerEvent, None]:
        reader = EventReader()
        async for piece in self._down.body():
            for event in reader.feed(piece):
                yield event


class Ways:
    """Selects the transport of the next connection: WebSockets while they work, otherwise HTTP streams. A transport
    that worked is used again; if it fails, the other one is tried."""

    def __init__(self, after: int | None) -> None:
        if after is not None and after < 0:
            raise HubError("failed", "stream_after is a number of WebSockets, or None")
        self._after = after
        self._silent = 0
        self._streams = after == 0

    def next(self) -> bool:
        """Whether the next connection is an HTTP stream."""
        if self._after and self._silent >= self._after:
            self._streams = not self._streams
            self._silent = 0
        self._silent += 1
        return self._streams

    def heard(self) -> None:
        """Something was received."""
        self._silent = 0
