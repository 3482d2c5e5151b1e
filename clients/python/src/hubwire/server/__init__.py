"""The server API over HTTP, for backends. Standard library only."""

from __future__ import annotations

from .answers import (
    Block,
    Blocks,
    ChannelPage,
    ChannelStatus,
    ChannelSummary,
    DeadEvents,
    Erased,
    HistoryPage,
    Published,
    Revocation,
    Session,
    SessionStatus,
    StreamStatus,
    Ticket,
    UserStatus,
)
from .asynchronous import AsyncServer
from .blocking import Server

__all__ = [
    "AsyncServer",
    "Block",
    "Blocks",
    "ChannelPage",
    "ChannelStatus",
    "ChannelSummary",
    "DeadEvents",
    "Erased",
    "HistoryPage",
    "Published",
    "Revocation",
    "Server",
    "Session",
    "SessionStatus",
    "StreamStatus",
    "Ticket",
    "UserStatus",
]
