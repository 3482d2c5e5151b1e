"""Dispatches publications to feeds and handlers."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Callable

from ..errors import HubError
from ..events import Event, Gap, Publication

BUFFER_MAX = 1_000
INBOX = "inbox"


class Buffer:
    """The buffered events of an iterator.

    When it is full, the client stops reading its socket until there is room: the node continues from the log later. An
    iterator that nobody reads must not hold up the others: its events are replaced with a single `Gap`.
    """

    def __init__(self, stream: str, took: Callable[[], None]) -> None:
        self._stream = stream
        self._took = took
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._ended: HubError | None = None
        self._closed = False
        self._iterated = False

    @property
    def full(self) -> bool:
        """Whether the reader has to wait for it."""
        return self._iterated and not self._closed and len(self._events) >= BUFFER_MAX

    def push(self, event: Event) -> None:
        """Appends."""
        if self._closed:
            return
        if len(self._events) >= BUFFER_MAX and not self._iterated:
            self._events.clear()
            event = Gap(self._stream, None, "overflow")
        self._events.append(event)
        self._arrived.set()

    def end(self, error: HubError | None = None) -> None:
        """The iteration ends after the buffered events, with the error if there is one."""
        self._closed, self._ended = True, self._ended or error
        self._arrived.set()
        self._took()

    async def next(self) -> Event:
        """The next event."""
        self._iterated = True
        while not self._events:
            if self._closed:
                if self._ended is not None:
                    raise self._ended
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        event = self._events.popleft()
        self._took()
        return event


class Topic:
    """Handlers and buffers of one stream, or of the messages with one user."""

    def __init__(self) -> None:
        self.handlers: list[Callable[[Publication], Any]] = []
        self.buffers: list[Buffer] = []


class Router:
    """Topics by the address of their stream; `inbox` is the user's own stream, `direct:<user>` a part of it."""

    def __init__(self, call: Callable[[Callable[[Any], Any], Any, str], None]) -> None:
        self._topics: dict[str, Topic] = {}
        self._call = call
        self._room = asyncio.Event()

    def topic(self, key: str) -> Topic:
        """The topic; created if it is new."""
        return self._topics.setdefault(key, Topic())

    def buffer(self, key: str) -> Buffer:
        """A new buffer of a topic."""
        buffer = Buffer(key, self._room.set)
        self.topic(key).buffers.append(buffer)
        return buffer

    def drop(self, key: str, buffer: Buffer) -> None:
        """Removes a buffer."""
        buffer.end()
        topic = self.topic(key)
        if buffer in topic.buffers:
            topic.buffers.remove(buffer)
        self._forget_if_empty(key)

    def on(self, key: str, handler: Callable[[Publication], Any]) -> Callable[[], None]:
        """Adds a handler; returns a function that removes it."""
        self.topic(key).handlers.append(handler)

        def off() -> None:
            handlers = self.topic(key).handlers
            if handler in handlers:
                handlers.remove(handler)
            self._forget_if_empty(key)

        return off

    def deliver(self, key: str, publication: Publication) -> None:
        """Delivers a publication to a topic."""
        topic = self._topics.get(key)
        if topic is None:
            return
        for handler in tuple(topic.handlers):
            self._call(handler, publication, "action")
        for buffer in tuple(topic.buffers):
            buffer.push(publication)

    def tell(self, key: str, event: Event) -> None:
        """Delivers another event to the iterators of a topic."""
        for buffer in tuple(self.topic(key).buffers) if key in self._topics else ():
            buffer.push(event)

    def tell_inbox(self, event: Event) -> None:
        """Delivers an event to the iterators of the user's own stream, and of the messages with single users."""
        for key in tuple(self._topics):
            if key == INBOX or key.startswith("direct:"):
                self.tell(key, event)

    def end(self, error: HubError | None, key: str | None = None) -> None:
        """Ends the iterators of a topic, or all."""
        for at in tuple(self._topics) if key is None else (key,):
            for buffer in tuple(self.topic(at).buffers):
                buffer.end(error)

    @property
    def full(self) -> bool:
        """Whether an iterator is full."""
        return any(buffer.full for topic in self._topics.values() for buffer in topic.buffers)

    def look_again(self) -> None:
        """Wakes the reader to check again whether it has to wait."""
        self._room.set()

    async def room(self, may_wait: Callable[[], bool]) -> None:
        """Waits until no iterator is full, or until the reader must not wait any more."""
        while self.full and may_wait():
            self._room.clear()
            await self._room.wait()

    def _forget_if_empty(self, key: str) -> None:
        topic = self._topics.get(key)
        if topic is not None and not topic.handlers and not topic.buffers:
            del self._topics[key]
