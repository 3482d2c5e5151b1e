"""The server API over HTTP, for backends: publish, tickets, sessions, presence. Standard library only."""

from __future__ import annotations

from .answers import Published, Session, Ticket
from .asynchronous import AsyncServer
from .blocking import Server

__all__ = ["AsyncServer", "Published", "Server", "Session", "Ticket"]
