"""What the server API answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Published:
    """A publication is stored, or was handed to whoever is there when it is ephemeral."""

    pos: str | None
    duplicate: bool
    sessions: int | None
    """A direct message: sessions it went to; 0 = it waits for the user."""
    nodes: int | None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Published:
        """From the API's answer."""
        return cls(answer.get("pos"), answer.get("duplicate") is True, answer.get("sessions"), answer.get("nodes"))


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
