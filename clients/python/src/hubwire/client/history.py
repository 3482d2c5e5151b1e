"""What was said before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ..codec import payload_of
from ..events import Publication
from .core import Core


async def history(core: Core, stream: str, before: str | None, limit: int) -> AsyncIterator[list[Publication]]:
    """Pages of a stream, the newest page first, each oldest first."""
    while True:
        payload: dict[str, Any] = {"limit": min(limit, core.sender.limits.history_max)}
        if before is not None:
            payload["before"] = before
        answer = payload_of(await core.ask("@@hub/history", stream, payload))
        page = [Publication.read(action) for action in answer.get("publications") or () if isinstance(action, dict)]
        if page:
            yield page
        if not page or answer.get("more") is not True:
            return
        before = page[0].pos
