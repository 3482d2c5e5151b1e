"""For users with the respective rights: kick users out of a channel, invite them, and store the channel's snapshot."""

from __future__ import annotations

from typing import Any

from ..codec import payload_of
from ..errors import HubError
from .core import Core


async def kick(core: Core, channel: str, user: str) -> int:
    """Returns the number of sessions."""
    return int(payload_of(await core.ask("@@hub/kick", channel, {"user": user})).get("sessions") or 0)


async def invite(core: Core, channel: str, user: str) -> str | None:
    """Returns the position in the user's stream."""
    answer = payload_of(await core.ask("@@hub/invite", channel, {"user": user}, id=core.next_id()))
    pos = answer.get("pos")
    return pos if isinstance(pos, str) else None


async def store_snapshot(core: Core, channel: str, payload: Any, pos: str | None) -> None:
    """Without a position: at the last publication delivered."""
    at = pos or core.streams.position(channel)
    if at is None:
        raise HubError("not_joined", f"{channel}: join it first, or say at which position this is")
    await core.ask("@@hub/snapshot", channel, {"pos": str(at), "payload": payload})
