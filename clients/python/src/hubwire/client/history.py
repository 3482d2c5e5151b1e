"""What was said before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ..codec import payload_of
from ..errors import HubError
from ..events import Publication
from .core import Core


async def history(
    core: Core, stream: str, before: str | None, after: str | None, limit: int
) -> AsyncIterator[list[Publication]]:
    """Pages of a stream, each oldest first: back from `before` or the newest, or on from `after`."""
    await core.connected()
    if after is not None and "history_after" not in core.features:
        raise HubError("not_found", "this node does not page forward")
    while True:
        payload: dict[str, Any] = {"limit": min(limit, core.sender.limits.history_max)}
        payload.update({key: pos for key, pos in (("before", before), ("after", after)) if pos is not None})
        answer = payload_of(await core.ask("@@hub/history", stream, payload))
        page = [Publication.read(action) for action in answer.get("publications") or () if isinstance(action, dict)]
        if page:
            yield page
        if not page or answer.get("more") is not True:
            return
        if after is not None:
            after = page[-1].pos
        else:
            before = page[0].pos
