"""The direct conversations of the user, and how far it has read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..codec import payload_of
from ..events import Publication
from .core import Core


@dataclass(frozen=True)
class Conversation:
    """Direct messages between the user and another one."""

    user: str
    unread: int
    """Messages of the other one that were neither read nor answered."""
    last: Publication
    """The newest message, of either."""


@dataclass(frozen=True)
class Conversations:
    """Those with the newest messages, the newest first: iterate them."""

    items: tuple[Conversation, ...]
    more: bool
    """There are others, or the node did not look at all that the stream holds."""

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


async def conversations(core: Core, limit: int | None) -> Conversations:
    """As many as the limit says, or the node."""
    answer = payload_of(await core.ask("@@hub/conversations", payload={} if limit is None else {"limit": limit}))
    found = [
        Conversation(it["user"], int(it.get("unread") or 0), Publication.read(it["last"]))
        for it in answer.get("conversations") or ()
        if isinstance(it, dict)
    ]
    return Conversations(tuple(found), answer.get("more") is True)


async def mark_read(core: Core, user: str, pos: str | None) -> None:
    """Where no position is said, up to what was delivered last."""
    await core.connected()
    at = pos or core.streams.position(core.own_stream)
    if at is not None:
        await core.ask("@@hub/read", payload={"user": user, "pos": str(at)})
