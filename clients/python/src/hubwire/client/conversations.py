"""The user's direct conversations, and how far they have been read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..codec import payload_of
from ..events import Publication
from .core import Core


@dataclass(frozen=True)
class Conversation:
    """The direct messages between the user and another one."""

    user: str
    unread: int
    """Number of messages from the other user that were neither read nor answered."""
    last: Publication
    """The newest message, from either user."""


@dataclass(frozen=True)
class Conversations:
    """The most recent conversations, newest first; iterable."""

    items: tuple[Conversation, ...]
    more: bool
    """Whether there are more, or the node did not search all of the stream."""

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


async def conversations(core: Core, limit: int | None) -> Conversations:
    """At most `limit` of them, or as many as the node allows."""
    answer = payload_of(await core.ask("@@hub/conversations", payload={} if limit is None else {"limit": limit}))
    found = [
        Conversation(it["user"], int(it.get("unread") or 0), Publication.read(it["last"]))
        for it in answer.get("conversations") or ()
        if isinstance(it, dict)
    ]
    return Conversations(tuple(found), answer.get("more") is True)


async def mark_read(core: Core, user: str, pos: str | None) -> None:
    """Without a position: up to the last publication delivered."""
    await core.connected()
    at = pos or core.streams.position(core.own_stream)
    if at is not None:
        await core.ask("@@hub/read", payload={"user": user, "pos": str(at)})
