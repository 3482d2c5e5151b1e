"""What the server API answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from ..events import Publication

_Answer = TypeVar("_Answer")


def read(kind: type[_Answer], told: Mapping[str, Any], **made: Any) -> _Answer:
    """An answer of a kind: its fields by their names, except those that were made of them."""
    named = {it.name: told[it.name] for it in fields(kind) if it.name in told}  # type: ignore[arg-type]
    return kind(**{**named, **made})


@dataclass(frozen=True)
class Published:
    """A publication is stored, or was handed to whoever is there when it is ephemeral."""

    pos: str | None = None
    duplicate: bool = False
    sessions: int | None = None
    """A direct message: sessions it went to; 0 = it waits for the user."""
    nodes: int | None = None
    ts: int | None = None
    """When it was stored, in Unix milliseconds; of a duplicate, the first time."""


@dataclass(frozen=True)
class Ticket:
    """Opens one socket, once."""

    ticket: str
    expires_in_ms: int


@dataclass(frozen=True)
class Session:
    """A socket of a user."""

    session: str
    incarnation: str
    """The life of the node that holds it."""
    device: str | None
    since_ms: int
    node: str | None = None
    """The label of that node; a node of an older version tells none."""


@dataclass(frozen=True)
class SessionStatus:
    """What its node knows of a session."""

    session: str
    incarnation: str
    device: str | None
    since_ms: int
    node: str | None = None
    silent: bool = False
    """The node did not answer: what follows is missing."""
    user: str | None = None
    address: str | None = None
    """Where its connection comes from."""
    codec: str | None = None
    orgs: tuple[str, ...] = ()
    view: str | None = None
    streams: tuple[Mapping[str, Any], ...] = ()
    """`{"stream", "pos", "lagging"}` of each."""
    outbox_bytes: int | None = None
    written_bytes: int | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> SessionStatus:
        """From the API's answer."""
        return read(cls, told, orgs=tuple(told.get("orgs") or ()), streams=tuple(told.get("streams") or ()))


@dataclass(frozen=True)
class StreamStatus:
    """What a log holds."""

    top: str
    length: int
    oldest: str | None
    stream: str | None = None


@dataclass(frozen=True)
class Block:
    """A user or an address that is blocked."""

    reason: str
    expires_in_s: int
    user: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Revocation:
    """A token that is revoked, or the tokens of a user that were issued before an instant."""

    expires_in_s: int
    jti: str | None = None
    user: str | None = None
    issued_before: int | None = None


@dataclass(frozen=True)
class Blocks:
    """What is denied now."""

    users: tuple[Block, ...]
    addresses: tuple[Block, ...]
    revocations: tuple[Revocation, ...]


@dataclass(frozen=True)
class UserStatus:
    """All there is to see of a user."""

    user: str
    count: int
    """Its sessions; at most 100 of them are listed."""
    sessions: tuple[SessionStatus, ...]
    stream: StreamStatus
    cursors: Mapping[str, Mapping[str, str]]
    """By device, by stream, the position that the device has acknowledged."""
    blocked: Block | None
    last_seen: int | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> UserStatus:
        """From the API's answer."""
        blocked = told.get("blocked")
        return read(
            cls,
            told,
            sessions=tuple(map(SessionStatus.read, told["sessions"])),
            stream=read(StreamStatus, told["stream"]),
            blocked=read(Block, blocked) if blocked else None,
        )


@dataclass(frozen=True)
class ChannelSummary:
    """A channel that somebody is in."""

    channel: str
    users: int
    sessions: int
    top: str


@dataclass(frozen=True)
class ChannelPage:
    """Channels, in order."""

    channels: tuple[ChannelSummary, ...]
    more: bool
    """There are others behind the last one."""
    silent: tuple[str, ...]
    """Nodes that did not answer; what they hold is missing."""


@dataclass(frozen=True)
class ChannelStatus:
    """A channel: its log, a page of its users, its sessions by node."""

    channel: str
    stream: StreamStatus
    count: int
    users: Mapping[str, int]
    """User to number of sessions; 0: away, and perhaps back soon."""
    more: bool
    nodes: tuple[Mapping[str, Any], ...]
    """`{"incarnation", "label", "sessions", "silent"}` of each."""


@dataclass(frozen=True)
class HistoryPage:
    """Publications of a log, oldest first."""

    publications: tuple[Publication, ...]
    more: bool
    """There are others in the direction of the page."""


@dataclass(frozen=True)
class Erased:
    """What was removed of a user."""

    sessions: int
    publications: int
    devices: int
    others: int


@dataclass(frozen=True)
class DeadEvents:
    """The oldest server events that the application did not take, and how many there are."""

    events: tuple[Mapping[str, Any], ...]
    count: int


def all_of(kind: type[_Answer], told: Iterable[Mapping[str, Any]]) -> tuple[_Answer, ...]:
    """Each of a list."""
    return tuple(read(kind, it) for it in told)
