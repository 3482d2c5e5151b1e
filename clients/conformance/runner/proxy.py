"""A TCP proxy before each client, that misbehaves on demand.

From the node to the client it passes whole units, WebSocket frames or server-sent events, so that it can put one of its
own between them.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import AsyncIterator

_PIECE = 64 * 1024


class Connection:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, node: asyncio.StreamWriter) -> None:
        self.client = client
        self.node = node
        self.speaks: str | None = None
        """`frames` or `events`, once the node answered so."""

    def abort(self) -> None:
        """Ends both sides at once."""
        for writer in (self.client, self.node):
            writer.transport.abort()


class Proxy:
    """Listens for one client."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refuses = False
        self._swallows = False
        self._blocks: bytes | None = None
        self.sockets = 0
        """How many WebSockets were asked for."""
        self._hold: str | None = None
        self._held: list[tuple[Connection, bytes]] = []
        self._server: asyncio.base_events.Server | None = None
        self.port = 0

    async def start(self) -> Proxy:
        """Takes a free port."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def set(self, manner: str) -> None:
        """`pass`, `cut`, `refuse`, `hole`, `swallow`; `no_sockets` or `no_streams`: requests for one end without an answer."""
        if manner in ("cut", "refuse"):
            for connection in tuple(self._connections):
                connection.abort()
        if manner == "cut":
            return
        self._refuses = manner == "refuse"
        self._swallows = manner == "swallow"
        self._blocks = {"no_sockets": b"GET /ws", "no_streams": b"GET /stream"}.get(manner)
        if manner == "hole":
            self._open.clear()
        else:
            self._open.set()

    def hold(self, text: str) -> None:
        """Frames of the node with this text wait."""
        self._hold = text

    def release(self) -> None:
        """They go on."""
        self._hold = None
        for connection, frame in self._held:
            connection.client.write(frame)
        self._held.clear()

    def inject(self, text: str) -> None:
        """The client receives a text frame of ours."""
        for connection in self._connections:
            if connection.speaks == "frames":
                connection.client.write(frame_of(0x1, text.encode()))
            elif connection.speaks == "events":
                connection.client.write(chunk_of(b"data: " + text.encode() + b"\n\n"))

    async def shut(self, code: int) -> None:
        """The client receives a close frame of ours, then the end."""
        for connection in tuple(self._connections):
            if connection.speaks == "frames":
                connection.client.write(frame_of(0x8, struct.pack(">H", code)))
            elif connection.speaks == "events":
                event = b'event: close\ndata: {"code":%d,"reason":""}\n\n' % code
                connection.client.write(chunk_of(event) + chunk_of(b""))
            else:
                continue
            with contextlib.suppress(OSError):
                await connection.client.drain()
                connection.client.write_eof()
            connection.node.transport.abort()

    async def stop(self) -> None:
        """Ends all."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        first = await reader.read(_PIECE)
        self.sockets += first.startswith(b"GET /ws")
        if self._blocks is not None and first.startswith(self._blocks):
            writer.transport.abort()
            return
        try:
            node_reader, node_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(writer, node_writer)
        self._connections.add(connection)
        try:
            await asyncio.gather(self._up(first, reader, node_writer), self._down(connection, node_reader))
        finally:
            self._connections.discard(connection)
            connection.abort()

    async def _up(self, first: bytes, reader: asyncio.StreamReader, node: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            piece = first
            while piece:
                await self._open.wait()
                node.write(piece)
                await node.drain()
                piece = await reader.read(_PIECE)
            node.write_eof()

    async def _down(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            async for unit in _units(reader, connection):
                await self._open.wait()
                if self._swallows:
                    continue
                if self._hold is not None and self._hold.encode() in unit:
                    self._held.append((connection, unit))
                    continue
                connection.client.write(unit)
                await connection.client.drain()
        with contextlib.suppress(OSError):
            connection.client.write_eof()


async def _units(reader: asyncio.StreamReader, connection: Connection) -> AsyncIterator[bytes]:
    """What a node answers on one connection, in pieces that may be lost or wait. The head of what lasts passes at once: it
    only says that the link stands."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines if ": " in line)
        if " 101 " in status:
            connection.speaks = "frames"
            connection.client.write(head)
            async for frame in _frames(reader):
                yield frame
            return
        if fields.get("content-type", "").startswith("text/event-stream"):
            connection.speaks = "events"
            connection.client.write(head)
        else:
            yield head
        if fields.get("transfer-encoding") == "chunked":
            async for chunk in _chunks(reader):
                yield chunk
            connection.speaks = None
        elif length := int(fields.get("content-length", "0")):
            yield await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The chunks of a body (RFC 9112, section 7.1). A node puts whole events into each."""
    while True:
        size = await reader.readuntil(b"\r\n")
        length = int(size.split(b";")[0], 16)
        yield size + await reader.readexactly(length + 2)
        if not length:
            return


def chunk_of(data: bytes) -> bytes:
    """A chunk; of nothing: the end of the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Frames of a server, which are not masked (RFC 6455, section 5.2)."""
    while True:
        try:
            head = await reader.readexactly(2)
        except asyncio.IncompleteReadError:
            return
        length = head[1] & 0x7F
        more = b""
        if length == 126:
            more = await reader.readexactly(2)
            length = struct.unpack(">H", more)[0]
        elif length == 127:
            more = await reader.readexactly(8)
            length = struct.unpack(">Q", more)[0]
        yield head + more + await reader.readexactly(length)


def frame_of(opcode: int, payload: bytes) -> bytes:
    """A frame as a server writes it."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, length])
    elif length < 1 << 16:
        head = bytes([0x80 | opcode, 126]) + struct.pack(">H", length)
    else:
        head = bytes([0x80 | opcode, 127]) + struct.pack(">Q", length)
    return head + payload
