"""Options of a client, with their defaults."""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Literal, Union


@dataclass(frozen=True)
class AuthContext:
    """Why the provider is asked for credentials."""

    reason: Literal["connect", "refresh", "rejected"]
    attempt: int
    """The number of this attempt in a row, from 0."""


Provider = Callable[[AuthContext], Union[str, Awaitable[str]]]
Url = Union[str, Callable[[], Union[str, Awaitable[str]]]]


@dataclass(frozen=True)
class Start:
    """Where streams start when the client connects for the first time: `now`, `cursor` (the position stored for the
    device), `beginning` (the oldest stored publication) or a position."""

    user: str | None = None
    """`None`: `cursor` if there is a device, otherwise `now`."""
    org: str = "now"
    team: str = "now"


@dataclass(frozen=True)
class Reconnect:
    """The pauses between connection attempts: a random part of `min(cap, base * 2^n)`."""

    base: float = 0.5
    cap: float = 20.0
    attempts: float = math.inf
    """After this many attempts in a row without a *welcome* the client fails."""


@dataclass(frozen=True)
class Queue:
    """The limits of the queue of unacknowledged actions. Beyond them a new send is rejected with `queue_full`."""

    items: int = 1_000
    bytes: int = 1024 * 1024
    ttl: float = 60.0
    """An action that was not sent after this many seconds is rejected with `expired`."""


def _boot_clock() -> float:
    """Seconds of a clock that includes the time the machine was asleep, if the system has one."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True)
class Environment:
    """Clocks and random numbers, replaceable by tests."""

    clock: Callable[[], float] = _boot_clock
    random: Callable[[], float] = random.random


@dataclass(frozen=True)
class Options:
    """See `hubwire.connect`."""

    url: Url
    get_token: Provider | None = None
    get_ticket: Provider | None = None
    device: str | None = None
    device_class: str | None = None
    start: Start = field(default_factory=Start)
    auto_commit: bool = True
    reconnect: Reconnect = field(default_factory=Reconnect)
    queue: Queue = field(default_factory=Queue)
    ack_timeout: float = 15.0
    lost_after: float = 5.0
    stream_after: int | None = None
    websocket: Mapping[str, Any] = field(default_factory=dict)
    environment: Environment = field(default_factory=Environment)

    def __post_init__(self) -> None:
        if (self.get_token is None) == (self.get_ticket is None):
            raise ValueError("give either get_token or get_ticket")
