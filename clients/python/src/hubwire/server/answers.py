"""The answers of the server API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from ..events import Publication

_Answer = TypeVar("_Answer")


def read(kind: type[_Answer], told: Mapping[str, Any], **made: Any) -> _Answer:
    """Makes an answer from fields of the response with the same names, and from `made`."""
    named = {it.name: told[it.name] for it in fields(kind) if it.name in told}  # type: ignore[arg-type]
    return kind(**{**named, **made})


@dataclass(frozen=True)
class Published:
    """A publication was stored, or, if it is ephemeral, sent to the connected sessions."""

    pos: str | None = None
    duplicate: bool = False
    sessions: int | None = None
    """For a direct message: number of sessions it was sent to; 0 = it is stored until the user connects."""
    nodes: int | None = None
    ts: int | None = None
    """When it was stored, in Unix milliseconds; for a duplicate, the first time."""


@dataclass(frozen=True)
class Ticket:
    """Admits one socket, once."""

    ticket: str
    expires_in_ms: int


@dataclass(frozen=True)
class Session:
    """A session of a user."""

    session: str
    incarnation: str
    """The incarnation of the node that holds it."""
    device: str | None
    since_ms: int
    node: str | None = None
    """The label of that node; absent from nodes of an older version."""


@dataclass(frozen=True)
class SessionStatus:
    """The status of a session, from its node."""

    session: str
    incarnation: str
    device: str | None
    since_ms: int
    node: str | None = None
    silent: bool = False
    """The node did not answer: the following fields are missing."""
    user: str | None = None
    address: str | None = None
    """The client's IP address."""
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
    """The status of a log."""

    top: str
    length: int
    oldest: str | None
    stream: str | None = None


@dataclass(frozen=True)
class Block:
    """A blocked user or address."""

    reason: str
    expires_in_s: int
    user: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Revocation:
    """A revoked token, or the revocation of a user's tokens issued before a time."""

    expires_in_s: int
    jti: str | None = None
    user: str | None = None
    issued_before: int | None = None


@dataclass(frozen=True)
class Blocks:
    """The blocks and revocations in force."""

    users: tuple[Block, ...]
    addresses: tuple[Block, ...]
    revocations: tuple[Revocation, ...]


@dataclass(frozen=True)
class UserStatus:
    """The status of a user."""

    user: str
    count: int
    """Number of its sessions, of which at most 100 are listed."""
    sessions: tuple[SessionStatus, ...]
    stream: StreamStatus
    cursors: Mapping[str, Mapping[str, str]]
    """By device and stream: the stored position."""
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
    """A channel with at least one user in it."""

    channel: str
    users: int
    sessions: int
    top: str


@dataclass(frozen=True)
class ChannelPage:
    """Channels, in order."""

    channels: tuple[ChannelSummary, ...]
    more: bool
    """Whether there are more after the last one."""
    silent: tuple[str, ...]
    """Nodes that did not answer; their channels and users are missing."""


@dataclass(frozen=True)
class ChannelStatus:
    """A channel: its log, a page of its users, and its sessions by node."""

    channel: str
    stream: StreamStatus
    count: int
    users: Mapping[str, int]
    """Number of sessions by user; 0: the last one ended a moment ago and may come back."""
    more: bool
    nodes: tuple[Mapping[str, Any], ...]
    """`{"incarnation", "label", "sessions", "silent"}` of each."""


@dataclass(frozen=True)
class HistoryPage:
    """Publications of a log, oldest first."""

    publications: tuple[Publication, ...]
    more: bool
    """Whether there are more in the direction of the page."""


@dataclass(frozen=True)
class Erased:
    """The data of a user that was removed."""

    sessions: int
    publications: int
    devices: int
    others: int


@dataclass(frozen=True)
class DeadEvents:
    """The oldest server events that could not be delivered to the application, and their number."""

    events: tuple[Mapping[str, Any], ...]
    count: int


def all_of(kind: type[_Answer], told: Iterable[Mapping[str, Any]]) -> tuple[_Answer, ...]:
    """Makes an answer from each item of a list."""
    return tuple(read(kind, it) for it in told)
