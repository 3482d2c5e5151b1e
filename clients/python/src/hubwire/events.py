"""The events for the application, and the registry of its handlers."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Union

from .codec import hub_of
from .errors import HubError

_log = logging.getLogger("hubwire")


@dataclass(frozen=True)
class Publication:
    """An action that somebody sent. Any member may send any `type`: validate it before you trust it."""

    type: str
    payload: Any
    to: str
    sender: str | None
    """The sender's user id; `None` if the server API published it."""
    pos: str | None
    """Its position in the stream; `None` if it is ephemeral."""
    id: str | None
    ts: int | None
    """When the node accepted it, in Unix milliseconds."""
    error: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)
    """`meta` without `hub`."""

    @property
    def ephemeral(self) -> bool:
        """Whether it was sent without being stored in a log."""
        return self.pos is None

    @classmethod
    def read(cls, action: Mapping[str, Any]) -> Publication:
        """From an action as received."""
        hub = hub_of(action)
        meta = action.get("meta")
        return cls(
            type=action["type"],
            payload=action.get("payload"),
            to=str(hub.get("to", "")),
            sender=hub.get("from"),
            pos=hub.get("pos"),
            id=hub.get("id"),
            ts=hub.get("ts"),
            error=action.get("error") is True,
            meta={key: value for key, value in meta.items() if key != "hub"} if isinstance(meta, dict) else {},
        )


@dataclass(frozen=True)
class Gap:
    """Publications of a stream are lost: reload your state. The stream continues after `pos`."""

    stream: str
    pos: str | None
    cause: str
    """`lag`: the node had to skip some; `not_recovered`: the log no longer contains the client's position; `overflow`:
    an iterator that nobody read was full."""


@dataclass(frozen=True)
class Snapshot:
    """The stored state of a channel at a position: start with it; later publications follow."""

    channel: str
    pos: str
    ts: int | None
    """When it was stored, in Unix milliseconds."""
    payload: Any


@dataclass(frozen=True)
class Joined:
    """Users joined a channel."""

    channel: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Left:
    """Users left a channel."""

    channel: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class StateChange:
    """The state of the connection changed."""

    state: str
    """`idle`, `connecting`, `connected`, `reconnecting`, `failed` or `closed`."""
    previous: str
    error: HubError | None = None
    retry_in: float | None = None


@dataclass(frozen=True)
class Restored:
    """The connection was restored after the event `lost`."""

    after: float


@dataclass(frozen=True)
class Bye:
    """The node is draining; the client will connect to another one without action by the application."""

    reason: str
    retry_in: float


@dataclass(frozen=True)
class Invited:
    """Another user invited this one to a channel. It is stored in the user's stream, so it also reaches a user who was
    offline."""

    channel: str
    sender: str | None
    pos: str | None
    ts: int | None


@dataclass(frozen=True)
class Profile:
    """The name and appearance of a user, the same everywhere."""

    name: str | None = None
    meta: dict[str, Any] | None = None

    @classmethod
    def read(cls, told: Any) -> Profile | None:
        """From a node's message; `None` if there is none."""
        if not isinstance(told, dict):
            return None
        name, meta = told.get("name"), told.get("meta")
        return cls(name if isinstance(name, str) else None, meta if isinstance(meta, dict) else None)


@dataclass(frozen=True)
class Contact:
    """The relation of this user to another one: `none`, `invited` (it sent an invitation), `invites` (it received one),
    `contact`, `blocked`."""

    user: str
    state: str
    profile: Profile | None = None
    """In the results of `Hub.people` with `name`."""


@dataclass(frozen=True)
class ReadMark:
    """One of this user's sessions marked a conversation as read up to a position in the user's own stream."""

    user: str
    pos: str


@dataclass(frozen=True)
class PresenceChange:
    """The members of a channel changed, or the list became stale or current."""

    channel: str
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    stale: bool = False


Event = Union[Publication, Gap, Snapshot, Joined, Left]
Handler = Callable[[Any], Any]


class Emitter:
    """Calls handlers by the name of the event. An exception of a handler is reported as an `error` and does not affect
    the others. An `error` without a handler is logged."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()

    def on(self, event: str, handler: Handler) -> Callable[[], None]:
        """Adds a handler, which may be a coroutine function; returns a function that removes it."""
        handlers = self._handlers.setdefault(event, [])
        handlers.append(handler)
        return lambda: handlers.remove(handler) if handler in handlers else None

    def emit(self, event: str, value: Any = None) -> None:
        """Calls them in the order in which they were added."""
        handlers = tuple(self._handlers.get(event, ()))
        if event == "error" and not handlers:
            _log.warning("%s", value, exc_info=getattr(value, "__cause__", None))
        for handler in handlers:
            self.call(handler, value, of=event)

    def call(self, handler: Handler, value: Any, of: str) -> None:
        """Calls one."""
        try:
            result = handler(value)
        except Exception as error:
            self._failed(error, of)
            return
        if inspect.iscoroutine(result):
            task = asyncio.ensure_future(result)
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._ended(done, of))

    def cancel(self) -> None:
        """Cancels the coroutines of handlers that still run."""
        for task in tuple(self._tasks):
            task.cancel()

    def _ended(self, task: asyncio.Future[Any], of: str) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failed(task.exception(), of)

    def _failed(self, error: BaseException | None, of: str) -> None:
        if of == "error":  # there is no other handler to report to
            _log.warning("a handler of `error` raised", exc_info=error)
            return
        told = HubError("handler_failed", f"a handler of `{of}` raised {type(error).__name__}")
        told.__cause__ = error
        self.emit("error", told)
